import type { SearchPoint, SearchSpace } from "../tuning/searchSpace.js";

/** A usual method with all that is sought about it, on any workload alike. */
export interface Baseline {
  readonly name: string;
  readonly space: SearchSpace;
  /**
   * The entrant of a point, as `parseEntrant` reads it; numbers of steps are shares of the run.
   * @throws RangeError where the point lacks a hyper-parameter of the space
   */
  entrant(point: SearchPoint): string;
}

function digitsOf(point: SearchPoint, name: string): number {
  const value = point[name];
  if (value === undefined) throw new RangeError(`the point has no ${name}`);
  // Four digits say all that a search can know, and keep what is written down readable.
  return Number(value.toPrecision(4));
}

/** 1 − β with the digits of β alone. */
const complement = (point: SearchPoint, name: string): number =>
  Number((1 - digitsOf(point, name)).toPrecision(10));

const percent = (share: number): string => `${Number((100 * share).toPrecision(4))}%`;

/** Momentum with linear warm-up and linear decay, as AlgoPerf's target-setting runs have it. */
const withMomentum = (name: string): Baseline => ({
  name,
  space: {
    lr: { scaling: "log", min: 1e-4, max: 1 },
    oneMinusBeta: { scaling: "log", min: 5e-3, max: 0.3 },
    weightDecay: { scaling: "log", min: 1e-7, max: 5e-5 },
    final: { feasiblePoints: [1e-3, 1e-2] },
  },
  entrant(point) {
    const [lr, beta] = [digitsOf(point, "lr"), complement(point, "oneMinusBeta")];
    const [weightDecay, final] = [digitsOf(point, "weightDecay"), digitsOf(point, "final")];
    return `${name}:lr=${lr},beta=${beta},weightDecay=${weightDecay}+warmup:steps=5%@5%/polynomial:steps=90%,final=${final}`;
  },
});

/** Adam's relatives with linear warm-up and half a cosine wave to 0. */
const withCosine = (name: string): Baseline => ({
  name,
  space: {
    lr: { scaling: "log", min: 3e-4, max: 3e-2 },
    oneMinusBeta1: { scaling: "log", min: 0.02, max: 0.5 },
    oneMinusBeta2: { scaling: "log", min: 1e-3, max: 0.1 },
    weightDecay: { scaling: "log", min: 1e-3, max: 1 },
    warmup: { feasiblePoints: [0.02, 0.05, 0.1] },
  },
  entrant(point) {
    const [lr, weightDecay] = [digitsOf(point, "lr"), digitsOf(point, "weightDecay")];
    const [beta1, beta2] = [complement(point, "oneMinusBeta1"), complement(point, "oneMinusBeta2")];
    return `${name}:lr=${lr},beta1=${beta1},beta2=${beta2},weightDecay=${weightDecay}+cosine:steps=100%,warmup=${percent(digitsOf(point, "warmup"))}`;
  },
});

/** The four methods that AlgoPerf sets its targets with. */
export const baselines: readonly Baseline[] = [
  withMomentum("momentum"),
  withMomentum("nesterov"),
  withCosine("adamw"),
  withCosine("nadamw"),
];
