import { formatOptimizerSpec, type OptimizerSpec, optimizerOf } from "@steepest/optim";
import type { Landscape } from "@steepest/workloads";
import { invalidValue } from "../configuration/checks.js";
import { type Entrant, entrant, isFactor } from "./entrant.js";
import { createStepper, type StepperNotes } from "./stepper.js";

/** How a race is run. */
export interface RaceOptions {
  /** Steps of each optimizer; the landscape's own by default. */
  readonly steps?: number;
  /**
   * Learning rate of every method whose step it sets, unless its specification names another; the landscape's
   * own by default. Adadelta's is a factor (1) of a step that it finds itself, and stays as its specification
   * says.
   */
  readonly learningRate?: number;
  /**
   * Learning rates found for single optimizers, factors included, by label; none by default. A specification
   * that names its own keeps it.
   */
  readonly tuned?: Readonly<Record<string, number>>;
  /** Where all start; the landscape's own by default. */
  readonly start?: readonly number[];
  /** A run counts as solved where f(x_k) − f* is at most this; the landscape's own by default. */
  readonly threshold?: number;
  /**
   * Whether the landscape's own setting of other hyper-parameters takes the place of the methods' defaults;
   * it does by default. Reddi's problem has one: β₁ = 0 and the β₂ of the proof.
   */
  readonly recommendations?: boolean;
  /** How many leading coordinates of each iterate are kept; all by default. */
  readonly coordinates?: number;
}

/** How a run ended. */
export type RaceOutcome =
  /** First within the threshold after this many steps. */
  | { readonly kind: "solved"; readonly step: number }
  /** Never within the threshold. */
  | { readonly kind: "unsolved" }
  /** The iterate or its value stopped being finite at this step. */
  | { readonly kind: "diverged"; readonly step: number };

/**
 * One optimizer's run over a landscape, in float64. Its points are those to evaluate at: the average where
 * the method averages.
 */
export interface Trajectory extends StepperNotes {
  /** The optimizer as it was asked for. */
  readonly label: string;
  /** Every hyper-parameter as it ran, those that the landscape recommends included. */
  readonly spec: OptimizerSpec;
  /** The hyper-parameters that the landscape sets in place of the method's own. */
  readonly recommended: Readonly<Record<string, number>>;
  /**
   * The learning rate as it ran; for a method that finds the size of its step itself, as Adadelta does, a
   * factor of that step. Absent for a method without one.
   */
  readonly learningRate?: number;
  /** Whether the learning rate is such a factor, which a race leaves as it is. */
  readonly learningRateIsFactor: boolean;
  /** f(x_k) from k = 0; ends before the first that is not finite. */
  readonly values: Float64Array;
  /** The kept coordinates, one array each, as long as `values`. */
  readonly coordinates: readonly Float64Array[];
  /** The last iterate, finite or not. */
  readonly point: Float64Array;
  /** f at the last iterate. */
  readonly finalValue: number;
  /** Distance of the last iterate to the nearest minimiser. */
  readonly distance: number;
  readonly outcome: RaceOutcome;
  /** Whether the last value is within the threshold. */
  readonly endsWithin: boolean;
}

/** Trajectories are held in memory whole: 2^27 numbers are 1 GiB. */
const mostNumbers = 2 ** 27;
/** Updates of a coordinate in a race, at some 10^7 in a second: more than about ten minutes is no race. */
const mostUpdates = 1e10;

/** @throws SteepestError `invalid-value` for a race that cannot be run */
function checkRace(landscape: Landscape, options: Required<RaceOptions>, entrants: number): void {
  const { steps, start, threshold, coordinates, learningRate } = options;
  if (!(learningRate >= 0 && Number.isFinite(learningRate))) {
    throw invalidValue(
      `the race's learning rate must be a number >= 0, found ${learningRate}`,
      `Try ${landscape.race.learningRate}, or name one in an optimizer's specification: adam:lr=0.01`,
    );
  }
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw invalidValue(`a race needs a whole number of steps >= 1, found ${steps}`, "Try 2000");
  }
  const field = `${steps} steps of ${entrants} ${entrants === 1 ? "optimizer" : "optimizers"}`;
  const most = Math.floor(mostNumbers / (Math.max(1, entrants) * (coordinates + 1)));
  if (steps > most) {
    throw invalidValue(`${field} do not fit into memory`, `Race at most ${most} steps, or fewer optimizers`);
  }
  const updates = steps * entrants * landscape.dimension;
  if (updates > mostUpdates) {
    throw invalidValue(
      `${field} in ${landscape.dimension} dimensions are ${updates.toExponential(1)} updates of a coordinate; a race makes at most ${mostUpdates.toExponential(0)}, else it would run for hours`,
      `Race fewer steps (${Math.floor(mostUpdates / (entrants * landscape.dimension))} would do), fewer optimizers or fewer dimensions`,
    );
  }
  if (start.length !== landscape.dimension) {
    throw invalidValue(
      `landscape "${landscape.name}" has ${landscape.dimension} coordinates, the start has ${start.length}`,
      `Give ${landscape.dimension} numbers, for example ${landscape.start.slice(0, 4).join(",")}${landscape.dimension > 4 ? ",..." : ""}`,
    );
  }
  if (!start.every(Number.isFinite)) {
    throw invalidValue(`the start (${start.join(", ")}) is not finite`, "Give finite numbers");
  }
  const nearest = Float64Array.from(start);
  landscape.project?.(nearest);
  if (nearest.some((coordinate, i) => coordinate !== start[i])) {
    throw invalidValue(
      `the start (${start.join(", ")}) lies outside the set that landscape "${landscape.name}" is defined on`,
      `Start at its nearest point (${nearest.join(", ")}) or further inside`,
    );
  }
  if (!(threshold > 0 && Number.isFinite(threshold))) {
    throw invalidValue(
      `the threshold must be a number > 0, found ${threshold}`,
      `Try ${landscape.threshold}`,
    );
  }
}

const distanceTo = (point: Float64Array, minimisers: Landscape["minimisers"]): number =>
  Math.min(
    ...minimisers.map((minimiser) =>
      Math.sqrt(
        point.reduce((sum, coordinate, i) => sum + (coordinate - (minimiser[i] ?? Number.NaN)) ** 2, 0),
      ),
    ),
  );

function run(
  label: string,
  { spec, recommended }: Entrant,
  landscape: Landscape,
  options: Required<RaceOptions>,
): Trajectory {
  const { steps, start, threshold } = options;
  const { x, shown, step, ...notes } = createStepper(spec, landscape);
  for (const point of [x, shown]) {
    point.set(start);
    landscape.project?.(point);
  }
  const values = new Float64Array(steps + 1);
  const coordinates = Array.from({ length: options.coordinates }, () => new Float64Array(steps + 1));
  let outcome: RaceOutcome = { kind: "unsolved" };
  let length = 0;
  let value = Number.NaN;
  for (let k = 0; k <= steps; k++) {
    const stepped = k === 0 || step(k);
    value = landscape.value(shown);
    if (!(stepped && Number.isFinite(value) && shown.every(Number.isFinite))) {
      outcome = { kind: "diverged", step: k };
      break;
    }
    values[k] = value;
    coordinates.forEach((kept, i) => {
      kept[k] = shown[i] ?? Number.NaN;
    });
    length = k + 1;
    if (outcome.kind === "unsolved" && value - landscape.minimum <= threshold)
      outcome = { kind: "solved", step: k };
  }
  const entry = optimizerOf(spec);
  const { lr } = entry.choose(spec).hyper;
  const point = Float64Array.from(shown);
  return {
    label,
    spec,
    recommended,
    ...(lr === undefined ? {} : { learningRate: lr }),
    learningRateIsFactor: isFactor(entry),
    ...notes,
    values: values.subarray(0, length),
    coordinates: coordinates.map((kept) => kept.subarray(0, length)),
    point,
    finalValue: value,
    distance: distanceTo(point, landscape.minimisers),
    outcome,
    endsWithin: value - landscape.minimum <= threshold,
  };
}

/**
 * Runs optimizers over a landscape from the same start, in float64, one after the other; yields each as it is
 * done.
 * @throws SteepestError `invalid-value` for steps, a start or a threshold that make no race, or an optimizer
 *   that is named twice; `unknown-name` for an optimizer that is not there
 */
export function* race(
  landscape: Landscape,
  specs: readonly OptimizerSpec[],
  options: RaceOptions = {},
): Generator<Trajectory, void> {
  const complete: Required<RaceOptions> = {
    steps: options.steps ?? landscape.race.steps,
    learningRate: options.learningRate ?? landscape.race.learningRate,
    tuned: options.tuned ?? {},
    start: options.start ?? landscape.start,
    threshold: options.threshold ?? landscape.threshold,
    recommendations: options.recommendations ?? true,
    coordinates: Math.min(options.coordinates ?? landscape.dimension, landscape.dimension),
  };
  checkRace(landscape, complete, specs.length);
  const labels = specs.map(formatOptimizerSpec);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) {
    throw invalidValue(`"${twice}" is in the race twice`, "Name each optimizer once");
  }
  for (const [i, spec] of specs.entries()) {
    const label = labels[i] ?? spec.name;
    const hyper = complete.recommendations ? landscape.race.hyper : {};
    const entered = entrant(spec, hyper, complete.learningRate, complete.tuned[label]);
    yield run(label, entered, landscape, complete);
  }
}
