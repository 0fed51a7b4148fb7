import type { RuleDescription } from "../language/rule.js";
import type { ArenaBytes, Optimizer, OptimizerConfig, StepReport } from "../optimizer/config.js";
import type { ParameterSpec } from "../parameter.js";
import type { ChosenValues, GivenValues } from "../values.js";

/** What a step that evaluates the loss several times did. */
export interface ClosureReport extends StepReport {
  /** The loss where the step began. */
  readonly loss: number;
  /**
   * The size of the last step along a direction, 0 where nothing has moved: no candidate could be accepted,
   * or the gradient is zero. Undefined for methods that leave the step to another rule.
   */
  readonly stepSize: number | undefined;
  /** The step satisfies the conditions of the method's line search, where it has one. */
  readonly satisfied: boolean;
  /** Evaluations of the loss and its gradient. */
  readonly evaluations: number;
}

/** A step under way: it yields when it wants the loss and the gradients at the present parameters. */
export type StepRun = Generator<undefined, ClosureReport, number>;

/** An optimizer over its own memory whose steps are still to be driven. */
export interface SteppedOptimizer
  extends Pick<
    Optimizer,
    | "parameters"
    | "precision"
    | "memory"
    | "extra"
    | "arenaBytes"
    | "stepCount"
    | "mode"
    | "inputs"
    | "parameter"
    | "gradient"
    | "input"
    | "evaluationParameter"
    | "enterEvaluation"
    | "leaveEvaluation"
    | "saveState"
    | "loadState"
  > {
  /**
   * Begins a step. A step that is left by an error has changed nothing that the next one would not make good.
   */
  begin(): StepRun;
}

/** A method that evaluates the loss and its gradient several times a step. */
export interface ClosureMethod
  extends Pick<
    RuleDescription,
    "name" | "title" | "summary" | "cite" | "hyper" | "options" | "presets" | "conflict"
  > {
  /** Every coordinate has a step size of its own. */
  readonly adaptive: boolean;
  /** The update as LaTeX. */
  latex(chosen: ChosenValues): string;
  /** The update in Unicode, one line an equation. */
  plainFormula(chosen: ChosenValues): readonly string[];
  /**
   * The value of every hyper-parameter and option.
   * @throws SteepestError for unknown names, values out of range, and hyper-parameters without effect
   */
  choose(given: GivenValues): ChosenValues;
  /** The names of the arrays as large as the parameters that it takes beside them and their gradients. */
  slots(chosen: ChosenValues): readonly string[];
  /**
   * The bytes that `build` allocates for the same arguments, by use; nothing is allocated.
   * @throws SteepestError as `build`
   */
  arenaBytes(given: GivenValues, parameters: readonly ParameterSpec[], config: OptimizerConfig): ArenaBytes;
  /**
   * @throws SteepestError for a configuration that it cannot honour, impossible shapes, and memory that
   * cannot be had
   */
  build(given: GivenValues, parameters: readonly ParameterSpec[], config: OptimizerConfig): SteppedOptimizer;
}
