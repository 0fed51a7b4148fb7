import type { ParameterSpec, SafetensorsFile } from "@steepest/optim";

/** What a training method knows of the run that it is made for. */
export interface MethodContext {
  readonly parameters: readonly ParameterSpec[];
  /** Examples a step. */
  readonly batchSize: number;
  readonly trainCount: number;
  /** Operations of one example's gradient, where it is not a dense network's. */
  readonly exampleOperations?: number;
  /** The steps that schedules are to be made for, AlgoPerf's `step_hint`; the run may end before or after. */
  readonly steps: number;
  readonly seed: number;
  readonly threads: number;
  /** A copy of a parameter's initial values, which are a pure function of the seed. */
  initial(name: string): Float32Array;
}

/**
 * Something that trains: an optimizer with its schedule, or any code that makes steps. Everything in it is a
 * pure function of its context, of the gradients, and of the state that it saves; then a run has the same
 * bits wherever it was interrupted.
 */
export interface TrainedMethod {
  /** What is to be said before training, one line each. */
  readonly notices?: readonly string[];
  /** The parameters, filled with their initial values before the first step. A view that never moves. */
  parameter(name: string): Float32Array;
  /** Where the gradient of a parameter is written. A view that never moves. */
  gradient(name: string): Float32Array;
  /**
   * Where the weights to evaluate with are in evaluation mode: the parameter's own view where they are the
   * parameters. A view that never moves, and that may be asked for at any time after initialisation.
   */
  evaluationParameter(name: string): Float32Array;
  /**
   * Makes step `k` = 1, 2, … and gives the loss where it began. `gradient(batch)` fills the gradients of a
   * mini-batch at the parameters as they stand and gives its mean loss; batch `k` is the usual one, and the
   * method may choose others, or ask more than once.
   * @throws SteepestError `non-finite` where the loss is not finite and the parameters are still those of
   *   the last one that was
   */
  step(k: number, gradient: (batch: number) => Promise<number>): Promise<number>;
  /**
   * Prepares the weights to evaluate with, and leaves what training depends on as it is: checkpoints ask for
   * them too, untimed. Before an evaluation it counts as training time.
   */
  enterEvaluation(): void | Promise<void>;
  /** Goes back to training, from where it was. */
  leaveEvaluation(): void;
  /** All that the next step depends on, parameters and gradients apart. */
  saveState(): SafetensorsFile;
  /** Takes back what `saveState` gave. @throws SteepestError `state-mismatch` for the state of another method */
  loadState(file: SafetensorsFile): void;
  /** Whether the method wants no further step; asked after each one. By default it never does. */
  finished?(): boolean;
  /** Frees what is not garbage collected. */
  release(): Promise<void>;
}

/** A way to train, by a name of its own: what a run may be given in place of an optimizer's specification. */
export interface TrainingMethod {
  /** Stands for the method in logs, checkpoints and results. */
  readonly name: string;
  /** What the name leaves open; stands in `run.json`, and the run is resumed with the same alone. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Initialises its state; what it takes is not training time, as in AlgoPerf. */
  create(context: MethodContext): TrainedMethod | Promise<TrainedMethod>;
}
