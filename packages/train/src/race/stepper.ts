import {
  createClosureOptimizer,
  createOptimizer,
  type MatrixRule,
  type OptimizerSpec,
  optimizerOf,
  type ParameterSpec,
  SteepestError,
} from "@steepest/optim";
import type { Landscape } from "@steepest/workloads";

/** An optimizer on a landscape, in float64. */
export interface Stepper {
  /** The point that is trained. */
  readonly x: Float32Array | Float64Array;
  /** The point to evaluate at: x itself, or the average where the method averages. */
  readonly shown: Float32Array | Float64Array;
  /**
   * Makes step k. Whether it could: not where the method would not step from a value or gradient that is not
   * finite.
   */
  step(k: number): boolean;
}

/** What a race says of an optimizer beside its path. */
export interface StepperNotes {
  /** The title of the rule that moves the point in place of a method on matrices which does not take it. */
  readonly companion?: string;
  /** That rule's hyper-parameters as it ran, the learning rate apart; absent where there is no such rule. */
  readonly companionHyper?: Readonly<Record<string, number>>;
  /** Whether the path is that of the weights to evaluate with, an average. */
  readonly averages?: true;
}

/** The point of a landscape as optimizers see it: a vector of no role in particular. */
const point = ({ dimension }: Landscape): ParameterSpec => ({ name: "x", shape: [dimension], role: "other" });

/** Builds an optimizer for a landscape; its point is still to be set. */
export function createStepper(spec: OptimizerSpec, landscape: Landscape): Stepper & StepperNotes {
  const entry = optimizerOf(spec);
  return entry.kind === "closure" ? evaluating(spec, landscape) : following(spec, landscape);
}

function evaluating(spec: OptimizerSpec, landscape: Landscape): Stepper {
  const optimizer = createClosureOptimizer(spec, [point(landscape)], { backend: "float64" });
  const x = optimizer.parameter("x");
  const gradient = optimizer.gradient("x");
  const evaluate = (): number => {
    // Values are compared, so each gradient is that of the same function, also where the problem is online.
    landscape.gradient(x, gradient);
    return landscape.value(x);
  };
  return {
    x,
    shown: x,
    step() {
      try {
        optimizer.step(evaluate);
        landscape.project?.(x);
        return true;
      } catch (error) {
        if (error instanceof SteepestError && error.code === "non-finite") return false;
        throw error;
      }
    },
  };
}

function following(spec: OptimizerSpec, landscape: Landscape): Stepper & StepperNotes {
  const entry = optimizerOf(spec);
  const parameter = point(landscape);
  // The race itself looks at every iterate: a run that diverges is a result, not an error.
  const optimizer = createOptimizer(spec, [parameter], { backend: "float64", nonFinite: "ignore" });
  const x = optimizer.parameter("x");
  const gradient = optimizer.gradient("x");
  const curvatures = optimizer.inputs.map((input) => optimizer.input(input, "x"));
  const averages = optimizer.arenaBytes.evaluation > 0;
  optimizer.enterEvaluation();
  const shown = optimizer.evaluationParameter("x");
  optimizer.leaveEvaluation();
  return {
    x,
    shown,
    ...(averages ? { averages } : {}),
    ...(entry.kind === "matrix" && !entry.rule.takes(parameter)
      ? {
          companion: entry.rule.companion.rule.title,
          companionHyper: companionHyper(entry.rule.companion, entry.choose(spec).hyper),
        }
      : {}),
    step(k) {
      landscape.gradient(x, gradient, k);
      for (const curvature of curvatures) fillHessianDiagonal(landscape, x, k, curvature);
      optimizer.step();
      landscape.project?.(x);
      if (averages) {
        optimizer.enterEvaluation();
        optimizer.leaveEvaluation();
        landscape.project?.(shown);
      }
      return true;
    },
  };
}

/** A companion's hyper-parameters, its learning rate apart, from those of the rule that it stands in for. */
function companionHyper(
  { rule, hyper: names = {} }: MatrixRule["companion"],
  chosen: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.keys(rule.hyper).flatMap((name) => {
      const source = names[name] ?? name;
      const value = typeof source === "number" ? source : chosen[source];
      return name === "lr" || value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * The diagonal of the Hessian at x by central differences of the gradient, for optimizers that ask for it.
 */
function fillHessianDiagonal(
  landscape: Landscape,
  x: Float32Array | Float64Array,
  step: number,
  diagonal: Float32Array | Float64Array,
): void {
  const [at, slopes] = [Float64Array.from(x), new Float64Array(x.length)];
  for (let i = 0; i < x.length; i++) {
    const here = x[i] ?? Number.NaN;
    const shift = 1e-5 * Math.max(1, Math.abs(here));
    at[i] = here + shift;
    landscape.gradient(at, slopes, step);
    const ahead = slopes[i] ?? Number.NaN;
    at[i] = here - shift;
    landscape.gradient(at, slopes, step);
    diagonal[i] = (ahead - (slopes[i] ?? Number.NaN)) / (2 * shift);
    at[i] = here;
  }
}
