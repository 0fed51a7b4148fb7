import type { CompiledGraph } from "@steepest/graph";
import type { Checkpointing, GptModel, ModelParameter } from "@steepest/nn";
import type { Tokeniser } from "@steepest/text";

/** The parts of a data set: to learn from, to choose and stop by, to report. */
export type Split = "train" | "validation" | "test";

/** Where parameters are read and gradients are written: memory that stays where it is. */
export interface ParameterViews {
  parameter(name: string): Float32Array;
  gradient(name: string): Float32Array;
  /** The parameters to evaluate with, where they are not those that are trained. */
  evaluation?(name: string): Float32Array;
}

/** How a workload is run. */
export interface BindOptions {
  /** Examples a step. */
  readonly batchSize: number;
  /** Of the order of the examples. */
  readonly seed: number;
  /** Threads of one run of the network. Results depend on it, to the last bit. */
  readonly threads: number;
  /**
   * Rate in [0, 1) of dropout in training, in place of the workload's own. A workload without dropout leaves
   * it unread, as AlgoPerf's do.
   */
  readonly dropout?: number;
  /**
   * Label smoothing in [0, 1) of the training loss, in place of the workload's own. Evaluations are never
   * smoothed. A workload without labels leaves it unread.
   */
  readonly labelSmoothing?: number;
  /**
   * Micro-batches that a step's gradient is the mean of, one after the other: less memory, the same gradient
   * to rounding. It must divide the batch; default 1. A workload whose gradients need no memory an example
   * leaves it unread.
   */
  readonly accumulate?: number;
  /**
   * What the backward pass computes a second time instead of keeping it, of models that are stacks of blocks:
   * less memory, the same bits. Others leave it unread. Default: nothing.
   */
  readonly checkpointing?: Checkpointing;
}

/** What an evaluation measures besides its count: the loss always, classifiers their accuracy too. */
export type Metric = "loss" | "accuracy";

/** How good the parameters are on a whole split. */
export interface Evaluation {
  /** The mean loss over its examples. */
  readonly loss: number;
  /** The share of its examples that are classified right; classifiers alone have it. */
  readonly accuracy?: number;
  /** The number of its examples. */
  readonly count: number;
}

/** A workload with its network compiled and bound to memory. One call at a time. */
export interface BoundWorkload {
  /**
   * Fills the gradients of the mini-batch of a step (1, 2, …) and gives its mean loss before the update.
   * Which examples those are is a pure function of the seed and the step: each epoch is a permutation of the
   * training examples, of which the last, partial batch is left out.
   */
  gradient(step: number): Promise<number>;
  /** How good the parameters of `evaluation` are, where that is given, else those of `parameter`. */
  evaluate(split: Split): Promise<Evaluation>;
  /** Frees the networks. Do not use it afterwards. */
  release(): Promise<void>;
}

/** A workload with its data in memory. */
export interface LoadedWorkload {
  readonly parameters: readonly ModelParameter[];
  /** Number of elements of all parameters. */
  readonly parameterCount: number;
  readonly trainCount: number;
  /**
   * Operations of one example's gradient, forward and backward, where an example uses parameters several
   * times (tokens, positions of a convolution). Default: those of dense layers, six a parameter.
   */
  readonly exampleOperations?: number;
  /** Bytes of the data that stay in memory. */
  readonly dataBytes: number;
  /**
   * The graph that `bind` runs at every step under the same options, compiled; absent where gradients are
   * computed without one.
   */
  stepGraph?(options: BindOptions): CompiledGraph;
  /** What its evaluations measure, and its target may be in. */
  readonly metrics: readonly Metric[];
  /** Where the data are from, for people. */
  readonly source: string;
  /** Whether the data were drawn by code because the real ones could not be had. */
  readonly procedural: boolean;
  /** Whether the test split is the validation split, for want of another: evaluations then measure it once. */
  readonly testIsValidation?: boolean;
  /** The least mean loss that any model can reach, where that is known. */
  readonly leastLoss?: number;
  /** What makes text, where it learns a language: the model, and what its tokens mean. */
  readonly language?: {
    readonly model: GptModel;
    readonly tokeniser: Tokeniser;
    /** Tokens that an evaluation of the validation split predicts. */
    readonly validationTokens: number;
  };
  /** @throws SteepestError `invalid-value` where the batch is not 1 … trainCount. */
  bind(views: ParameterViews, options: BindOptions): Promise<BoundWorkload>;
}

/** How a workload is loaded. */
export interface LoadOptions {
  /** Gets one line for people where something is not as it should be. Default: nobody hears it. */
  readonly notify?: (line: string) => void;
}

/** What a run has to reach for its time to count. */
export type Target = Readonly<
  {
    readonly split: "validation";
    /** To be reached on the validation split: at least this where more is better, at most this otherwise. */
    readonly value: number;
    /** To be reached on the test split too, by rules that ask for it. */
    readonly test?: number;
  } & (
    | { readonly metric: "accuracy"; readonly direction: "max" }
    | { readonly metric: "loss"; readonly direction: "min" }
  )
>;

/** What a benchmark allows a run of a workload; all in steps. */
export interface Budget {
  /** The length that schedules are made for, AlgoPerf's `step_hint`. */
  readonly stepHint: number;
  /** After so many a run has missed the target. */
  readonly steps: number;
  readonly evaluateEvery: number;
}

/**
 * How a workload is usually trained, where that is known: what a run takes in place of the library's
 * defaults when it is asked to.
 */
export interface Recipe {
  /** The optimizer's name. */
  readonly optimizer: string;
  /** Hyper-parameters in place of an optimizer's own defaults, by the optimizer's name. */
  readonly optimizers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The schedule of a run of so many steps, as `parseSchedule` reads it. */
  schedule(steps: number): string;
  readonly clip: { readonly globalNorm?: number; readonly value?: number };
  /** Which parameters weight decay is of: all, or those of two dimensions and more. */
  readonly decay: "all" | "matrices";
  readonly steps: number;
  /** Period of evaluations and of checkpoints, in steps. */
  readonly evaluateEvery: number;
}

/** Data, model, loss, metric and target. */
export interface Workload {
  readonly name: string;
  readonly description: string;
  /** The workload that this one is a held-out variant of; its name is then `<base>_<variant>`. */
  readonly base?: string;
  /** Variants that show whether what was tuned on this workload holds beyond it. */
  readonly heldOut?: readonly Workload[];
  /** The preset that it is, where it is one of several sizes of one workload. */
  readonly preset?: string;
  /** Its other sizes, each a workload with a name of its own. */
  readonly presets?: readonly Workload[];
  /** Whether it learns a language: then what it loads has `language`, and its model can write. */
  readonly learnsLanguage?: boolean;
  /** How it is usually trained. */
  readonly recipe?: Recipe;
  readonly defaults: { readonly batchSize: number; readonly epochs: number };
  readonly target: Target;
  /** Set by the procedure that set the target; absent where nobody has. */
  readonly budget?: Budget;
  load(options?: LoadOptions): Promise<LoadedWorkload>;
}
