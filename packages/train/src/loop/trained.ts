import {
  type ClosureOptimizer,
  createClosureOptimizer,
  createOptimizer,
  createSchedule,
  type Optimizer,
  optimizerOf,
  type ParameterSpec,
  parseOptimizerSpec,
  parseSchedule,
  SteepestError,
} from "@steepest/optim";
import { graphLinearAlgebra } from "@steepest/workloads";
import type { RunConfiguration } from "../configuration/configuration.js";

/** An optimizer of any kind in training. */
export interface TrainedOptimizer {
  readonly optimizer: Optimizer | ClosureOptimizer;
  /**
   * Makes step `k`: calls `gradient(k)`, which fills the gradients of that step's mini-batch, once, or as
   * often as the method evaluates, and updates. Gives the loss where the step began.
   * @throws SteepestError `non-finite` where that is not finite; the parameters are then those of the last
   *   finite loss
   */
  step(k: number, gradient: (k: number) => Promise<number>): Promise<number>;
  /** Frees what is not garbage collected. */
  release(): Promise<void>;
}

/**
 * Builds the optimizer of a configuration. @throws SteepestError for values out of range and settings that it
 * cannot honour
 */
export function trainedOptimizer(
  { optimizer: text, schedule, clip, threads }: RunConfiguration,
  parameters: readonly ParameterSpec[],
): TrainedOptimizer {
  const spec = parseOptimizerSpec(text);
  const config = {
    ...(schedule === undefined ? {} : { schedule: createSchedule(parseSchedule(schedule)) }),
    ...(clip === undefined ? {} : { clip }),
  };
  const { kind } = optimizerOf(spec);
  if (kind === "closure") return withClosure(createClosureOptimizer(spec, parameters, config));
  if (kind === "rule") return withGradient(createOptimizer(spec, parameters, config));
  const linearAlgebra = graphLinearAlgebra({ threads });
  const optimizer = createOptimizer(spec, parameters, { ...config, linearAlgebra });
  return {
    optimizer,
    async step(k, gradient) {
      const loss = checked(await gradient(k), k);
      await optimizer.stepAsync();
      return loss;
    },
    release: () => linearAlgebra.release(),
  };
}

/** One gradient, one update, which is done at once: no other step waits for a turn of the event loop. */
const withGradient = (optimizer: Optimizer): TrainedOptimizer => ({
  optimizer,
  async step(k, gradient) {
    const loss = checked(await gradient(k), k);
    optimizer.step();
    return loss;
  },
  release: async () => {},
});

/** The same mini-batch as often as the method asks. */
const withClosure = (optimizer: ClosureOptimizer): TrainedOptimizer => ({
  optimizer,
  async step(k, gradient) {
    let first = true;
    const { loss } = await optimizer.stepAsync(async () => {
      const value = await gradient(k);
      // Elsewhere it is for the method to judge: a search takes a shorter step.
      if (first) checked(value, k);
      first = false;
      return value;
    });
    return loss;
  },
  release: async () => {},
});

function checked(loss: number, step: number): number {
  // Before the update, so that the parameters are still those of the last finite loss.
  if (!Number.isFinite(loss)) throw diverged(`the loss is ${loss} at step ${step}`);
  return loss;
}

/** The error of a loss or parameter that is not finite. */
export const diverged = (message: string): SteepestError =>
  new SteepestError(
    "non-finite",
    message,
    "Training diverged: lower the learning rate, warm it up, or clip the gradient",
  );
