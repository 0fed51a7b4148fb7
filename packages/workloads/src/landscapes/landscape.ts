import type { MutableVector, Vector } from "../vector.js";

/** What a race on the landscape should use where the user says nothing. */
export interface RaceDefaults {
  readonly learningRate: number;
  readonly steps: number;
  /** Hyper-parameters for those optimizers that have them, e.g. `beta2`. */
  readonly hyper: Readonly<Record<string, number>>;
  /** Why these, in a few words; absent where there are none. */
  readonly because?: string;
}

/** A function to minimise, cheap and known in closed form. */
export interface Landscape {
  readonly name: string;
  readonly title: string;
  /** The formula in LaTeX. */
  readonly formula: string;
  /** Where the function is from. */
  readonly source: string;
  readonly dimension: number;
  readonly start: readonly number[];
  /** All points where the minimum is attained. */
  readonly minimisers: readonly (readonly number[])[];
  readonly minimum: number;
  /** The interval of each coordinate that a plot shows. */
  readonly bounds: readonly (readonly [number, number])[];
  /** The problem counts as solved where value(x) − minimum is at most this. */
  readonly threshold: number;
  readonly race: RaceDefaults;
  value(x: Vector): number;
  /**
   * Writes the gradient at x into `out` (both of length `dimension`). Where the problem is online or
   * stochastic, it is the gradient of the function that the 1-based `step` draws; without a step, that of
   * `value`.
   */
  gradient(x: Vector, out: MutableVector, step?: number): void;
  /** Moves x to the nearest point of the feasible set, where there is one. */
  project?(x: MutableVector): void;
}

/** A landscape for each dimension that it can have. */
export interface LandscapeFamily {
  readonly name: string;
  readonly dimensions: { readonly default: number; readonly smallest: number; readonly largest: number };
  of(dimension: number): Landscape;
}

/** The family of a landscape that has one dimension only. */
export const singleDimension = (landscape: Landscape): LandscapeFamily => ({
  name: landscape.name,
  dimensions: { default: landscape.dimension, smallest: landscape.dimension, largest: landscape.dimension },
  of: () => landscape,
});

/** The same interval for each coordinate. */
export const cube = (dimension: number, low: number, high: number): readonly (readonly [number, number])[] =>
  Array.from({ length: dimension }, () => [low, high] as const);

/** A point whose coordinates are all equal. */
export const filled = (dimension: number, value: number): readonly number[] =>
  new Array<number>(dimension).fill(value);
