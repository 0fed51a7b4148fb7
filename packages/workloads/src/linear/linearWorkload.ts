import { parameter as parameterTensor } from "@steepest/graph";
import type { Initialiser } from "@steepest/nn";
import { batchOrder } from "../classification/batches.js";
import type { LinearModel } from "../finiteSums/linearModels.js";
import type { Range } from "../images/imageSet.js";
import type { Evaluation, LoadedWorkload, Split } from "../workload.js";

/** A linear model with the ranges of its samples and the weights to begin with. */
export interface LinearProblem {
  readonly model: LinearModel;
  readonly splits: Readonly<Record<Split, Range>>;
  readonly initialise: Initialiser;
  /** Whether a prediction is right; absent where the model does not classify. */
  readonly right?: (sample: number, prediction: number) => boolean;
  /** Where the data are from, for people. */
  readonly source: string;
}

/** Samples in the order train, validation, test, as many of each as are asked for. */
export function splitsOf(sizes: Readonly<Record<Split, number>>): Readonly<Record<Split, Range>> {
  const testStart = sizes.train + sizes.validation;
  return {
    train: { start: 0, end: sizes.train },
    validation: { start: sizes.train, end: testStart },
    test: { start: testStart, end: testStart + sizes.test },
  };
}

/**
 * A linear model as a workload: one parameter `weight`, mini-batch gradients in float64, rounded once. Every
 * epoch is a new permutation of the training samples. There is nothing to drop out and nothing to smooth, and
 * one thread computes, whatever the options say.
 */
export function linearWorkload(problem: LinearProblem): LoadedWorkload {
  const { model, splits, initialise, right, source } = problem;
  const { train } = splits;
  const name = "weight";
  const shape = [model.dimension];

  function evaluate({ start, end }: Range, weights: Float32Array): Evaluation {
    let loss = 0;
    let correct = 0;
    for (let i = start; i < end; i++) {
      const prediction = model.predict(i, weights);
      loss += model.loss(i, prediction);
      if (right?.(i, prediction) === true) correct++;
    }
    const count = end - start;
    const accuracy = right === undefined ? {} : { accuracy: correct / count };
    return { loss: loss / count, ...accuracy, count };
  }

  return {
    parameters: [{ name, shape, role: "head", initialise, tensor: parameterTensor(name, shape) }],
    parameterCount: model.dimension,
    trainCount: train.end - train.start,
    dataBytes: model.dataBytes,
    metrics: right === undefined ? ["loss"] : ["loss", "accuracy"],
    source,
    // Nothing real is replaced: this is what the workload is.
    procedural: false,
    async bind({ parameter, gradient, evaluation = parameter }, { batchSize, seed }) {
      const order = batchOrder(train, batchSize, seed);
      const [weights, slopes, evaluated] = [parameter(name), gradient(name), evaluation(name)];
      const samples = new Int32Array(batchSize);
      const mean = new Float64Array(model.dimension);
      return {
        async gradient(step) {
          order.fill(step, samples);
          const loss = model.batchGradient(samples, weights, mean);
          slopes.set(mean);
          return loss;
        },
        evaluate: async (split) => evaluate(splits[split], evaluated),
        async release() {},
      };
    },
  };
}
