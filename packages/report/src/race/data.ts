import type { Field } from "../chart/contours.js";

/** How a run ended. */
export type RunOutcome =
  /** First within the threshold after this many steps. */
  | { readonly kind: "solved"; readonly step: number }
  /** Never within the threshold. */
  | { readonly kind: "unsolved" }
  /** The iterate or its value stopped being finite at this step. */
  | { readonly kind: "diverged"; readonly step: number };

/**
 * One optimizer's run. The arrays start with the starting point, step 0, and end before the first value that
 * is not finite.
 */
export interface RaceRun {
  /** Unique name of the run, e.g. `adam` or `adam:beta1=0.8`. */
  readonly label: string;
  /** Absent for a method without one. */
  readonly learningRate?: number;
  /**
   * Whether the learning rate is a factor of a step that the method finds itself, no step size; false by
   * default.
   */
  readonly learningRateIsFactor?: boolean;
  /**
   * The rule that moves the point in place of a method on matrices which does not take it; absent elsewhere.
   */
  readonly companion?: string;
  /** That rule's hyper-parameters as it ran, the learning rate apart. */
  readonly companionHyper?: Readonly<Record<string, number>>;
  /** Hyper-parameters that the landscape set in place of the method's own; none by default. */
  readonly recommended?: Readonly<Record<string, number>>;
  /** Whether the path is that of the weights to evaluate with, an average; false by default. */
  readonly averages?: boolean;
  /** First coordinate of the iterates. */
  readonly x: ArrayLike<number>;
  /** Second coordinate; absent in one dimension. */
  readonly y?: ArrayLike<number>;
  /** f(x_k) − f*. */
  readonly gap: ArrayLike<number>;
  /** f at the end; not finite where the run diverged. */
  readonly finalValue: number;
  /** Distance of the last iterate to the nearest minimiser. */
  readonly distance: number;
  readonly outcome: RunOutcome;
}

/** What the runs are drawn on. */
export type RaceView =
  /** Contours of the first two coordinates. */
  | {
      readonly kind: "plane";
      /** The box: intervals of x and of y. */
      readonly bounds: readonly [readonly [number, number], readonly [number, number]];
      readonly field: Field;
      /** What the plane leaves out, e.g. `the slice through the minimiser`; absent in two dimensions. */
      readonly slice?: string;
    }
  /** One coordinate over the steps. */
  | { readonly kind: "line"; readonly bounds: readonly [number, number] };

/** All that a picture of a race shows. Plain data. */
export interface RaceData {
  /** Title of the landscape. */
  readonly title: string;
  /** Where the function is from. */
  readonly source: string;
  readonly dimension: number;
  readonly start: readonly number[];
  readonly minimum: number;
  readonly minimisers: readonly (readonly number[])[];
  readonly threshold: number;
  readonly steps: number;
  /** How the race was prepared, a sentence each, where a reader must know it. */
  readonly notes?: readonly string[];
  /** The command that makes this race again. */
  readonly command: string;
  readonly view: RaceView;
  readonly runs: readonly RaceRun[];
}
