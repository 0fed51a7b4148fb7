import type { OrthogonaliseSettings } from "./linearAlgebra.js";

/** a, b, c of one step X ← (aI + bA + cA²)X, A = XXᵀ. */
export type Quintic = readonly [a: number, b: number, c: number];

/**
 * Jordan et al., Muon, 2024: the steepest rise from 0 that stays near 1; its singular values wander in [0.68,
 * 1.135].
 */
const newtonSchulz: Quintic = [3.4445, -4.775, 2.0315];

/**
 * Amsel, Persson, Musco, Gower, The Polar Express, arXiv 2505.16932, Algorithm 1: the minimax quintics of
 * successive intervals for singular values in [1e-3, 1], the first of which are made safer by 1.01; the last
 * is repeated.
 */
const polarExpress: readonly Quintic[] = [
  [8.28721201814563, -23.595886519098837, 17.300387312530933],
  [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
  [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
  [3.3184196573706015, -2.488488024314874, 0.51004894012372],
  [2.300652019954817, -1.6689039845747493, 0.4188073119525673],
  [1.891301407787398, -1.2679958271945868, 0.37680408948524835],
  [1.8750014808534479, -1.2500016453999487, 0.3750001645474248],
  [1.875, -1.25, 0.375],
];

/**
 * Against rounding that lifts singular values above 1 (ibid., section 4.4): of every step but the limit, and
 * of the start's norm.
 */
const safety = 1.01;

/** The start is the matrix divided by this factor · its Frobenius norm + ε. */
export const normFactor = (method: OrthogonaliseSettings["method"]): number =>
  method === "polarExpress" ? safety : 1;

/** The quintics of an iterative method, one for each step. */
export function quintics(
  method: Exclude<OrthogonaliseSettings["method"], "svd">,
  steps: number,
): readonly Quintic[] {
  return Array.from({ length: steps }, (_, step) =>
    method === "newtonSchulz" ? newtonSchulz : polarExpressStep(step),
  );
}

function polarExpressStep(step: number): Quintic {
  const last = polarExpress.length - 1;
  const [a, b, c] = polarExpress[Math.min(step, last)] ?? newtonSchulz;
  return step < last ? [a / safety, b / safety ** 3, c / safety ** 5] : [a, b, c];
}
