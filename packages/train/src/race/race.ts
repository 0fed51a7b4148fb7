import {
  createClosureOptimizer,
  createOptimizer,
  formatOptimizerSpec,
  type OptimizerSpec,
  optimizerOf,
  type ParameterSpec,
  SteepestError,
} from "@steepest/optim";
import type { Landscape } from "@steepest/workloads";

/** How a race is run. */
export interface RaceOptions {
  /** Steps of each optimizer; the landscape's own by default. */
  readonly steps?: number;
  /**
   * Learning rate of every method whose step it sets, unless its specification names another; the landscape's own by default.
   * Adadelta's is a factor (1) of a step that it finds itself, and stays as its specification says.
   */
  readonly learningRate?: number;
  /** Where all start; the landscape's own by default. */
  readonly start?: readonly number[];
  /** A run counts as solved where f(x_k) − f* is at most this; the landscape's own by default. */
  readonly threshold?: number;
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

/** One optimizer's run over a landscape, in float64. */
export interface Trajectory {
  /** The optimizer as it was asked for. */
  readonly label: string;
  /** Every hyper-parameter as it ran, those that the landscape recommends included. */
  readonly spec: OptimizerSpec;
  /** The learning rate as it ran; for a method that finds the size of its step itself, as Adadelta does, a factor of that step. Absent for a method without one. */
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
}

/** Trajectories are held in memory whole: 2^27 numbers are 1 GiB. */
const mostNumbers = 2 ** 27;
/** Updates of a coordinate in a race, at some 10^7 in a second: more than about ten minutes is no race. */
const mostUpdates = 1e10;

/** @throws SteepestError `invalid-value` for a race that cannot be run */
function checkRace(landscape: Landscape, options: Required<RaceOptions>, entrants: number): void {
  const { steps, start, threshold, coordinates } = options;
  const invalid = (message: string, fix: string) => new SteepestError("invalid-value", message, fix);
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw invalid(`a race needs a whole number of steps >= 1, found ${steps}`, "Try 2000");
  }
  const field = `${steps} steps of ${entrants} ${entrants === 1 ? "optimizer" : "optimizers"}`;
  const most = Math.floor(mostNumbers / (Math.max(1, entrants) * (coordinates + 1)));
  if (steps > most) {
    throw invalid(`${field} do not fit into memory`, `Race at most ${most} steps, or fewer optimizers`);
  }
  const updates = steps * entrants * landscape.dimension;
  if (updates > mostUpdates) {
    throw invalid(
      `${field} in ${landscape.dimension} dimensions are ${updates.toExponential(1)} updates of a coordinate; a race makes at most ${mostUpdates.toExponential(0)}, else it would run for hours`,
      `Race fewer steps (${Math.floor(mostUpdates / (entrants * landscape.dimension))} would do), fewer optimizers or fewer dimensions`,
    );
  }
  if (start.length !== landscape.dimension) {
    throw invalid(
      `landscape "${landscape.name}" has ${landscape.dimension} coordinates, the start has ${start.length}`,
      `Give ${landscape.dimension} numbers, for example ${landscape.start.slice(0, 4).join(",")}${landscape.dimension > 4 ? ",..." : ""}`,
    );
  }
  if (!start.every(Number.isFinite)) {
    throw invalid(`the start (${start.join(", ")}) is not finite`, "Give finite numbers");
  }
  if (!(threshold > 0 && Number.isFinite(threshold))) {
    throw invalid(`the threshold must be a number > 0, found ${threshold}`, `Try ${landscape.threshold}`);
  }
}

/** The specification with the race's learning rate and the landscape's recommendations filled in where it says nothing. */
function entrant(spec: OptimizerSpec, landscape: Landscape, learningRate: number): OptimizerSpec {
  const entry = optimizerOf(spec);
  const { hyper } = entry;
  // A preset is a choice of the whole set, so that recommendations would undo it.
  const recommended = spec.preset === undefined ? landscape.race.hyper : {};
  // Others have a hyper-parameter of that name which their present options leave without effect, or whose range is another.
  const isTaken = ([name, value]: readonly [string, number]) => {
    try {
      entry.choose({ ...spec, hyper: { ...spec.hyper, [name]: value } });
      return true;
    } catch (error) {
      if (error instanceof SteepestError) return false;
      throw error;
    }
  };
  return {
    ...spec,
    hyper: {
      ...Object.fromEntries(Object.entries(recommended).filter(isTaken)),
      // Adadelta's `lr` is a factor on a step that it finds itself, not a step size: it keeps its own.
      ...(hyper.lr?.kind === "stepSize" ? { lr: learningRate } : {}),
      ...spec.hyper,
    },
  };
}

const distanceTo = (point: Float64Array, minimisers: Landscape["minimisers"]): number =>
  Math.min(
    ...minimisers.map((minimiser) =>
      Math.sqrt(
        point.reduce((sum, coordinate, i) => sum + (coordinate - (minimiser[i] ?? Number.NaN)) ** 2, 0),
      ),
    ),
  );

/** A function that makes one step of the optimizer at step k, on views that it fills. */
function stepper(
  spec: OptimizerSpec,
  landscape: Landscape,
): { readonly x: Float32Array | Float64Array; readonly step: (k: number) => void } {
  const parameters: readonly ParameterSpec[] = [{ name: "x", shape: [landscape.dimension], role: "other" }];
  if (optimizerOf(spec).kind === "closure") {
    const optimizer = createClosureOptimizer(spec, parameters, { backend: "float64" });
    const x = optimizer.parameter("x");
    const gradient = optimizer.gradient("x");
    const evaluate = (): number => {
      // A line search compares values, so it gets the gradient of the same function, also where the problem is online.
      landscape.gradient(x, gradient);
      return landscape.value(x);
    };
    return { x, step: () => void optimizer.step(evaluate) };
  }
  // The race itself looks at every iterate: a run that diverges is a result, not an error.
  const optimizer = createOptimizer(spec, parameters, { backend: "float64", nonFinite: "ignore" });
  const x = optimizer.parameter("x");
  const gradient = optimizer.gradient("x");
  return {
    x,
    step: (k) => {
      landscape.gradient(x, gradient, k);
      optimizer.step();
    },
  };
}

function run(
  label: string,
  spec: OptimizerSpec,
  landscape: Landscape,
  options: Required<RaceOptions>,
): Trajectory {
  const { steps, start, threshold } = options;
  const { x, step } = stepper(spec, landscape);
  x.set(start);
  landscape.project?.(x);
  const values = new Float64Array(steps + 1);
  const coordinates = Array.from({ length: options.coordinates }, () => new Float64Array(steps + 1));
  let outcome: RaceOutcome = { kind: "unsolved" };
  let length = 0;
  let value = Number.NaN;
  for (let k = 0; k <= steps; k++) {
    if (k > 0) {
      step(k);
      landscape.project?.(x);
    }
    value = landscape.value(x);
    if (!(Number.isFinite(value) && x.every(Number.isFinite))) {
      outcome = { kind: "diverged", step: k };
      break;
    }
    values[k] = value;
    coordinates.forEach((kept, i) => {
      kept[k] = x[i] ?? Number.NaN;
    });
    length = k + 1;
    if (outcome.kind === "unsolved" && value - landscape.minimum <= threshold)
      outcome = { kind: "solved", step: k };
  }
  const { hyper, choose } = optimizerOf(spec);
  const { lr } = choose(spec).hyper;
  const point = Float64Array.from(x);
  return {
    label,
    spec,
    ...(lr === undefined ? {} : { learningRate: lr }),
    learningRateIsFactor: hyper.lr !== undefined && hyper.lr.kind !== "stepSize",
    values: values.subarray(0, length),
    coordinates: coordinates.map((kept) => kept.subarray(0, length)),
    point,
    finalValue: value,
    distance: distanceTo(point, landscape.minimisers),
    outcome,
  };
}

/**
 * Runs optimizers over a landscape from the same start, in float64, one after the other; yields each as it is done.
 * @throws SteepestError `invalid-value` for steps, a start or a threshold that make no race, or an optimizer that is named twice;
 *   `unknown-name` for an optimizer that is not there
 */
export function* race(
  landscape: Landscape,
  specs: readonly OptimizerSpec[],
  options: RaceOptions = {},
): Generator<Trajectory, void> {
  const complete: Required<RaceOptions> = {
    steps: options.steps ?? landscape.race.steps,
    learningRate: options.learningRate ?? landscape.race.learningRate,
    start: options.start ?? landscape.start,
    threshold: options.threshold ?? landscape.threshold,
    coordinates: Math.min(options.coordinates ?? landscape.dimension, landscape.dimension),
  };
  checkRace(landscape, complete, specs.length);
  const labels = specs.map(formatOptimizerSpec);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) {
    throw new SteepestError("invalid-value", `"${twice}" is in the race twice`, "Name each optimizer once");
  }
  for (const [i, spec] of specs.entries()) {
    yield run(labels[i] ?? spec.name, entrant(spec, landscape, complete.learningRate), landscape, complete);
  }
}
