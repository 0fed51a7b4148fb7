import type { FullInverseRootSettings } from "../../../checks.js";
import { dampingOf, noiseOf, shiftOf } from "../../../reference/inverseRoot.js";
import { call, type Layout, type Workspace } from "../../workspace.js";
import { doubleBytes } from "../layout.js";
import type { TridiagonalRoom } from "../tridiagonal.js";
import { poleBlock, poleDoubles } from "./poleKernel.js";
import { type Pole, poleCount, polesOf } from "./poles.js";
import { gershgorin, isAbove, leastEigenvalue } from "./spectrumBounds.js";

/*
 * f(T) = (T + shift I)^(−1/p) of a tridiagonal T without eigenvectors: a sum of inverses of T + σI over
 * poles, each given by two sequences. With pivots d of LDLᵀ, ratios r_i = −b_i/d_i, and g the inverse's
 * diagonal, g_i = 1/d_i + r_i² g_{i+1} from the end: entry (i, j) of the inverse is g_i r_j r_{j+1} …
 * r_{i−1} for j ≤ i. Nothing in it is subtracted but in the pivots.
 */

/** Conditions for which poles are kept ready; beyond the last, pivots near it would be rounding. */
const conditions = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/** Poles that were computed before: of a root, at a condition. */
const known = new Map<number, Map<number, readonly Pole[]>>();

function knownPoles(root: number, condition: number): readonly Pole[] {
  const ofRoot = known.get(root) ?? new Map<number, readonly Pole[]>();
  const poles = ofRoot.get(condition) ?? polesOf(root, condition);
  known.set(root, ofRoot.set(condition, poles));
  return poles;
}

/** Added to products of ratios so that they do not fall among the numbers that processors are slow with. */
const leastProduct = 1e-200;

/**
 * (T + damping)^(−1/root) for root > 1, in the blocks on and below the diagonal of the room's matrix, up to
 * the factor that it returns; undefined, and nothing written, where T is too near to singular for poles, or
 * zero.
 */
export function tridiagonalRoot(
  { size, matrix: { address, stride }, diagonal, offDiagonal }: TridiagonalRoom,
  root: number,
  settings: FullInverseRootSettings,
  layout: Layout,
): (workspace: Workspace) => number | undefined {
  const most = poleCount(conditions.at(-1) ?? 1);
  const blocks = Math.ceil(size / poleBlock);
  const length = blocks * poleBlock;
  const rows = layout.take(length * most * doubleBytes);
  const coefficients = layout.take(most * poleDoubles * doubleBytes);
  const sweeps = Array.from({ length: blocks }, (_, block) =>
    call("poleRows", [
      ...[rows, coefficients, 0, block],
      address + block * poleBlock * stride * doubleBytes,
      stride * doubleBytes,
    ]),
  );
  const scaled = new Float64Array(size);
  const beside = new Float64Array(size);
  const ratios = layout.take(most * length * doubleBytes) / doubleBytes;
  const inverses = layout.take(most * length * doubleBytes) / doubleBytes;
  const corner = new Float64Array(poleBlock * poleBlock);

  const largestEigenvalue = (): number => {
    for (let i = 0; i < size; i++) scaled[i] = -(scaled[i] ?? 0);
    const value = -leastEigenvalue(scaled, beside);
    for (let i = 0; i < size; i++) scaled[i] = -(scaled[i] ?? 0);
    return value;
  };

  /** The shift of T/bound, as `eigenvaluePowers` has it; undefined where directions are left out. */
  const shiftWithin = (bound: number): number | undefined => {
    const damping = dampingOf(settings, () => largestEigenvalue() * bound) / bound;
    // No eigenvalue of T/bound is above 1.
    const most = noiseOf(size, 1, settings);
    if (isAbove(scaled, beside, Math.max(0, most - damping))) return damping;
    if (settings.epsilon === 0) return undefined;
    const noise = noiseOf(size, largestEigenvalue(), settings);
    return shiftOf(damping, leastEigenvalue(scaled, beside), noise);
  };

  /** The two sequences of the inverse of pole k; zeros behind their ends. */
  const factorise = (doubles: Float64Array, shift: number, k: number): void => {
    const [ratio, inverse] = [ratios + k * length, inverses + k * length];
    let last = 0;
    let previous = 0;
    for (let i = 0; i < size; i++) {
      last = 1 / ((scaled[i] ?? 0) + shift - previous * previous * last);
      previous = beside[i] ?? 0;
      doubles[inverse + i] = last;
      doubles[ratio + i] = -previous * last;
    }
    let below = 0;
    for (let i = size - 1; i >= 0; i--) {
      const factor = doubles[ratio + i] ?? 0;
      below = (doubles[inverse + i] ?? 0) + factor * factor * below;
      doubles[inverse + i] = below;
    }
    doubles.fill(0, ratio + size, ratio + length);
    doubles.fill(0, inverse + size, inverse + length);
  };

  /**
   * What pole k brings along for eight rows from `first` on; adds its part of the square block on the
   * diagonal to `corner`.
   */
  const prepare = (doubles: Float64Array, k: number, first: number, weight: number): void => {
    const at = coefficients / doubleBytes + k * poleDoubles;
    const [ratio, inverse] = [ratios + k * length + first, inverses + k * length + first];
    let product = 1;
    for (let i = 0; i < poleBlock; i++) {
      const factor = weight * (doubles[inverse + i] ?? 0);
      doubles[at + i] = factor * product;
      product *= doubles[ratio + i] ?? 0;
      let entry = factor;
      for (let j = i; j >= 0; j--) {
        corner[i * poleBlock + j] = (corner[i * poleBlock + j] ?? 0) + entry;
        entry *= j > 0 ? (doubles[ratio + j - 1] ?? 0) : 0;
      }
    }
    doubles[at + poleBlock] = product;
    doubles[at + poleBlock + 1] = leastProduct;
  };

  return (workspace) => {
    const bound = gershgorin(diagonal, offDiagonal);
    if (bound === 0) return undefined;
    for (let i = 0; i < size; i++) scaled[i] = (diagonal[i] ?? 0) / bound;
    for (let i = 0; i < size - 1; i++) beside[i] = (offDiagonal[i] ?? 0) / bound;
    const shift = shiftWithin(bound);
    if (shift === undefined) return undefined;
    const top = 1 + shift;
    const fits = (condition: number) => isAbove(scaled, beside, top / condition - shift);
    const condition = conditions.find(fits);
    if (condition === undefined) return undefined;
    const poles = knownPoles(root, condition);
    const { doubles } = workspace;
    poles.forEach((pole, k) => {
      factorise(doubles, shift + top * pole.shift, k);
    });
    sweeps.forEach((sweep, block) => {
      const first = block * poleBlock;
      corner.fill(0);
      poles.forEach(({ weight }, k) => {
        prepare(doubles, k, first, weight * top);
      });
      sweep.words[2] = poles.length;
      workspace.call(sweep);
      const start = address / doubleBytes + first * (stride + 1);
      for (let i = 0; i < poleBlock; i++) {
        for (let j = 0; j <= i; j++) {
          const entry = corner[i * poleBlock + j] ?? 0;
          doubles[start + i * stride + j] = entry;
          doubles[start + j * stride + i] = entry;
        }
      }
      poles.forEach((_, k) => {
        const row = rows / doubleBytes + (block * poles.length + k) * poleBlock;
        let product = 1;
        for (let j = poleBlock - 1; j >= 0; j--) {
          product *= doubles[ratios + k * length + first + j] ?? 0;
          doubles[row + j] = product;
        }
      });
    });
    return (bound * top) ** (-1 / root);
  };
}
