import { SteepestError } from "../errors.js";
import { checkConfig } from "../optimizer/checks.js";
import type { OptimizerConfig } from "../optimizer/config.js";
import type { ParameterSpec } from "../parameter.js";
import { optimizerOf } from "../registry.js";
import type { OptimizerSpec } from "../spec.js";
import type { ChosenValues } from "../values.js";
import type { ClosureMethod, ClosureReport, SteppedOptimizer, StepRun } from "./method.js";

/**
 * An optimizer over its own memory whose `step` takes the function that fills the gradients from the
 * parameters as they are and returns the loss. The function is called where the step begins and wherever else
 * the method wants to look, always of the same objective: of one and the same mini-batch.
 */
export interface ClosureOptimizer extends Omit<SteppedOptimizer, "begin">, ChosenValues {
  readonly method: ClosureMethod;
  /**
   * One step.
   * @throws SteepestError `non-finite` where the loss or the gradient is NaN or infinite where the step
   *   begins; `misuse` without a function, or with one that returns no number; whatever `evaluate` throws.
   *   Parameters are then as they were.
   */
  step(evaluate: () => number): ClosureReport;
  /** As `step`, for a loss that takes time. One call at a time. */
  stepAsync(evaluate: () => Promise<number>): Promise<ClosureReport>;
}

/**
 * Builds an optimizer of kind `closure` by name: a line search, L-BFGS, or SAM.
 *
 * ```ts
 * const optimizer = createClosureOptimizer(parseOptimizerSpec("lbfgs"), [{ name: "x", shape: [2], role: "other" }]);
 * const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
 * optimizer.step(() => rosenbrock(x, gradient));
 * ```
 *
 * @throws SteepestError for an unknown name or value, an optimizer that needs no function, a configuration
 *   that the method cannot honour, impossible shapes, or memory that cannot be had
 */
export function createClosureOptimizer(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): ClosureOptimizer {
  const entry = optimizerOf(spec);
  if (entry.kind !== "closure")
    throw new SteepestError(
      "misuse",
      `${spec.name} updates from one gradient and evaluates nothing itself`,
      "Use createOptimizer, whose step takes no function",
    );
  const { method } = entry;
  const chosen = method.choose(spec);
  checkConfig(method, config);
  const stepped = method.build(spec, parameters, config);
  let busy = false;
  /** Begins a step. @throws SteepestError `misuse` where that makes no sense */
  const begin = (evaluate: unknown, call: string): StepRun => {
    if (typeof evaluate !== "function")
      throw misuse(
        `${method.name} evaluates the loss several times a step, but ${call} was called without a function that does`,
        `Call ${call}(evaluate), where evaluate fills gradient(name) of every parameter and returns the loss`,
      );
    if (busy)
      throw misuse(
        `${call} of ${method.name} was called while a step is under way`,
        "Await the step before the next one",
      );
    if (stepped.mode === "evaluation")
      throw misuse(
        `a step of ${method.name} was asked for in evaluation mode`,
        "Call leaveEvaluation() after the evaluation, then step",
      );
    busy = true;
    return stepped.begin();
  };
  return Object.assign(stepped, {
    method,
    ...chosen,
    step(evaluate: () => number): ClosureReport {
      const running = begin(evaluate, "step");
      try {
        let part = running.next();
        while (!part.done) {
          let loss: number;
          try {
            loss = numberFrom(evaluate(), method.name);
          } catch (error) {
            part = running.throw(error);
            continue;
          }
          part = running.next(loss);
        }
        return part.value;
      } finally {
        busy = false;
      }
    },
    async stepAsync(evaluate: () => Promise<number>): Promise<ClosureReport> {
      const running = begin(evaluate, "stepAsync");
      try {
        let part = running.next();
        while (!part.done) {
          let loss: number;
          try {
            loss = numberFrom(await evaluate(), method.name);
          } catch (error) {
            part = running.throw(error);
            continue;
          }
          part = running.next(loss);
        }
        return part.value;
      } finally {
        busy = false;
      }
    },
  });
}

const misuse = (message: string, fix: string) => new SteepestError("misuse", message, fix);

function numberFrom(loss: unknown, method: string): number {
  if (typeof loss === "number") return loss;
  throw misuse(
    `the function that ${method} evaluates returned ${loss instanceof Promise ? "a promise" : String(loss)}`,
    loss instanceof Promise
      ? "Await stepAsync(evaluate) where the loss takes time"
      : "Return the loss as a number",
  );
}
