import type {
  ClipSpec,
  GroupSpec,
  MatrixRuleChoice,
  Optimizer,
  OptimizerSpec,
  ParameterRole,
  ParameterSpec,
  RuleChoice,
  Schedule,
} from "@steepest/optim";
import type { RandomStream } from "@steepest/random";
import type { Hyperparameters, SubmissionTuning } from "./hyperparameters.js";

/** Who submitted what, and where it is described. */
export interface SubmissionCitation {
  readonly authors: string;
  readonly year: number;
  readonly title: string;
  readonly url: string;
}

/** What a submission may know when it chooses its batch size: not which workload it is. */
export interface BatchFacts {
  /** Examples a step that the workload proposes. */
  readonly defaultBatchSize: number;
  /** The number of steps that schedules are made for, AlgoPerf's `step_hint`. */
  readonly stepHint: number;
}

/**
 * What a submission may know of a workload. Reading anything else of it, as its name, is refused: a
 * submission must be the same for every workload.
 */
export interface WorkloadFacts {
  readonly parameters: readonly ParameterSpec[];
  readonly batchSize: number;
  readonly trainCount: number;
  readonly stepHint: number;
}

/** What saves itself and takes back what it saved, as an optimizer does. */
export type Saved = Pick<Optimizer, "saveState" | "loadState">;

/**
 * What an optimizer's state may hold, so that a run can be killed and resumed with the same bits: numbers,
 * flags, words, arrays that keep their length, and whatever saves itself.
 */
export type StateValue = number | boolean | string | Float32Array | Float64Array | Int32Array | Saved;

/** A submission's own state: everything that it carries from step to step. */
export type SubmissionState = Record<string, StateValue>;

/** What every function of a submission is handed from its initialisation on. */
export interface SubmissionContext<Point extends Hyperparameters = Hyperparameters> {
  readonly workload: WorkloadFacts;
  /** A point of the submission's tuning, or any with the same names and types. */
  readonly hyperparameters: Point;
  /** A stream of the trial's seed and a purpose: `random("noise", step)`. */
  random(...labels: readonly (string | number)[]): RandomStream;
}

/** An optimizer: its specification or the text of one, or a rule with what is chosen of it. */
export type OptimizerChoice = OptimizerSpec | string | RuleChoice | MatrixRuleChoice;

/** Settings of an optimizer that a submission asks for. */
export interface OptimizerSettings {
  /** Names of the parameters that it updates; all by default. */
  readonly parameters?: readonly string[];
  /** Roles that parameters have for this optimizer, by name, where they are not their own. */
  readonly roles?: Readonly<Record<string, ParameterRole>>;
  /** Multiplies the learning rate. */
  readonly schedule?: Schedule;
  readonly clip?: ClipSpec;
  readonly groups?: readonly GroupSpec[];
}

/** What `initOptimizerState` is handed. */
export interface InitContext<Point extends Hyperparameters = Hyperparameters>
  extends SubmissionContext<Point> {
  /** A copy of a parameter's initial values. @throws SteepestError `unknown-name` */
  initial(name: string): Float32Array;
  /**
   * Builds one of this library's optimizers, or one from a rule of your own, over the workload's parameters,
   * or some of them, which from then on live in its memory. A text is read as the command line reads it:
   * `adamw:lr=0.003`.
   * @throws SteepestError for names and values that do not fit, and for a parameter that has an optimizer
   */
  optimizer(choice: OptimizerChoice, settings?: OptimizerSettings): Optimizer;
}

/** A parameter in training. Its arrays stay where they are. */
export interface TrainedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  /** The values as they stand; an update may write them. */
  readonly value: Float32Array;
  /** Where `gradient` writes. */
  readonly gradient: Float32Array;
}

/** What `dataSelection` and `prepareForEval` are handed. */
export interface StepContext<State, Point extends Hyperparameters = Hyperparameters>
  extends SubmissionContext<Point> {
  readonly state: State;
  /** The step that is to be made or, in `prepareForEval`, the last one that was: 1, 2, ... */
  readonly step: number;
  readonly parameters: ReadonlyMap<string, TrainedParameter>;
}

/** What `updateParams` is handed. */
export interface UpdateContext<State, Point extends Hyperparameters = Hyperparameters>
  extends StepContext<State, Point> {
  /** The mini-batch that `dataSelection` chose. */
  readonly batch: number;
  /**
   * Fills the parameters' gradients on a mini-batch, `batch` by default, and gives its mean loss. One call at
   * a time, and only until `updateParams` has ended.
   */
  gradient(batch?: number): Promise<number>;
}

/** Arrays by parameter's name. */
export type ParameterValues = Readonly<Record<string, Float32Array | Float64Array>>;

/** What an update leaves behind, where it was not written in place. */
export interface UpdateResult<State> {
  /** In place of the state before; it has the same names and kinds. */
  readonly state?: State;
  /** New values of parameters; those that are not named stay as they are. */
  readonly parameters?: ParameterValues;
  /** Whether the submission ends its run here by its own word. */
  readonly finished?: boolean;
}

/**
 * A training algorithm as AlgoPerf asks for it: five functions, by the same rules for every workload. The
 * clock runs over `dataSelection`, `updateParams` and `prepareForEval`; not over `initOptimizerState`, nor
 * over evaluations, during which nothing may be computed.
 */
export interface Submission<
  State extends SubmissionState = SubmissionState,
  Point extends Hyperparameters = Hyperparameters,
> {
  /** As in the logs: letters, digits, `_` and `-`. */
  readonly name: string;
  readonly title: string;
  readonly cite: SubmissionCitation;
  readonly tuning: SubmissionTuning<Point>;
  /** Examples a step. */
  getBatchSize(facts: BatchFacts): number;
  /** The state before the first step. */
  initOptimizerState(context: InitContext<Point>): State | Promise<State>;
  /**
   * Makes a step: asks for at least one gradient, the first at the parameters as the step finds them, and
   * updates parameters and state.
   */
  updateParams(context: UpdateContext<State, Point>): Promise<UpdateResult<State> | undefined>;
  /**
   * The number of the mini-batch to train on. Batches 1, 2, ... go through the shuffled training examples,
   * epoch after epoch; batch `step` is the usual one.
   */
  dataSelection(context: StepContext<State, Point>): number;
  /**
   * The weights to evaluate with, by parameter; for those that it does not name, or undefined, they are the
   * trained ones or, where an optimizer averages, its average.
   */
  prepareForEval(
    context: StepContext<State, Point>,
  ): ParameterValues | undefined | Promise<ParameterValues | undefined>;
}

/** The usual batch size: the workload's. */
export const workloadBatchSize = ({ defaultBatchSize }: BatchFacts): number => defaultBatchSize;

/** The usual data: one mini-batch after the other. */
export const batchesInOrder = ({ step }: Pick<StepContext<unknown>, "step">): number => step;

/** The usual evaluation: of the trained weights, or of an optimizer's average. */
export const evaluateAsTrained = (): undefined => undefined;
