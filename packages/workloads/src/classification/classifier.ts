import {
  type CompiledGraph,
  cast,
  compile,
  constant,
  createSession,
  gather,
  input,
  multiply,
  sqrt,
  subtract,
  type Tensor,
} from "@steepest/graph";
import { correctPerExample, crossEntropy, crossEntropyPerExample, type Mode, type Model } from "@steepest/nn";
import { elementCount } from "@steepest/optim";
import type { ImageDataset } from "../images/imageSet.js";
import { bindNetwork, type Evaluator, trainingMode } from "../network/bind.js";
import { compileStep, microBatchSize } from "../network/step.js";
import type { BindOptions, BoundWorkload, LoadedWorkload, ParameterViews } from "../workload.js";
import { batchOrder } from "./batches.js";
import { type Standardisation, standardisationOf } from "./standardisation.js";

/** Examples evaluated at once. */
const EVALUATION_BATCH = 1000;

/** A graph from the numbers of examples to the network's output; data and parameters are inputs. */
interface Network {
  readonly logits: Tensor;
  readonly labels: Tensor;
}

function network(
  { labels, height, width }: ImageDataset,
  model: Model,
  { means, deviation }: Standardisation,
  examples: number,
  mode: Mode,
): Network {
  const index = input("examples", [examples], "int32");
  const images = input("pixels", [labels.length, height * width], "uint8");
  const roots = sqrt(cast(gather(images, index), "float32"));
  const white = Math.sqrt(255);
  // Scaled last: the first layer's products then take the factor, and no pass over the pixels is needed for
  // it.
  const x = multiply(subtract(roots, constant(means.map((mean) => mean * white))), 1 / (white * deviation));
  return {
    logits: model.apply(x, mode),
    labels: gather(input("labels", [labels.length], "int32"), index),
  };
}

/** The data set as inputs; it is never copied. */
const dataFeeds = ({ pixels, labels }: ImageDataset) => ({ pixels, labels });

async function createEvaluator(
  dataset: ImageDataset,
  model: Model,
  standardisation: Standardisation,
  parameter: (name: string) => Float32Array,
  threads: number,
): Promise<Evaluator> {
  const size = Math.min(EVALUATION_BATCH, dataset.labels.length);
  const { logits, labels } = network(dataset, model, standardisation, size, { training: false });
  const examples = new Int32Array(size);
  const losses = new Float32Array(size);
  const correct = new Float32Array(size);
  const session = await createSession(
    compile({ losses: crossEntropyPerExample(logits, labels), correct: correctPerExample(logits, labels) }),
    {
      feeds: {
        ...dataFeeds(dataset),
        examples,
        ...Object.fromEntries(model.parameters.map(({ name }) => [name, parameter(name)])),
      },
      fetches: { losses, correct },
      threads,
    },
  );
  return {
    async evaluate(split) {
      const { start, end } = dataset.splits[split];
      let loss = 0;
      let right = 0;
      for (let first = start; first < end; first += size) {
        // Beyond the end the last example is repeated and not counted.
        for (let i = 0; i < size; i++) examples[i] = Math.min(first + i, end - 1);
        await session.run();
        for (let i = 0; i < Math.min(size, end - first); i++) {
          loss += losses[i] ?? Number.NaN;
          right += correct[i] ?? Number.NaN;
        }
      }
      const count = end - start;
      return { loss: loss / count, accuracy: right / count, count };
    },
    release: () => session.release(),
  };
}

/**
 * A classifier at a rate of dropout in [0, 1), at its own where none is given. The parameters are the same at
 * any rate; a model without dropout is the same model.
 */
export type DroppingModel = (dropout?: number) => Model;

/**
 * Cross-entropy of a model on images, bound to a data set: what every image classification workload loads.
 * The order of examples and what is dropped are functions of the seed and the step.
 */
export function imageClassifier(dataset: ImageDataset, modelAt: DroppingModel): LoadedWorkload {
  const standardisation = standardisationOf(dataset);
  const { train } = dataset.splits;
  const described = modelAt();

  function stepGraph(options: BindOptions): CompiledGraph {
    const { batchSize, accumulate = 1, dropout, labelSmoothing = 0 } = options;
    // A model of its own: derivatives are with respect to its own tensors.
    const model = modelAt(dropout);
    const size = microBatchSize(batchSize, accumulate);
    const { logits, labels } = network(dataset, model, standardisation, size, trainingMode());
    return compileStep(crossEntropy(logits, labels, { labelSmoothing }), model.parameters);
  }

  async function bind(views: ParameterViews, options: BindOptions): Promise<BoundWorkload> {
    const { batchSize, seed, threads, accumulate = 1 } = options;
    const order = batchOrder(train, batchSize, seed);
    const chosen = new Int32Array(batchSize);
    const examples = new Int32Array(microBatchSize(batchSize, accumulate));
    return bindNetwork({
      ...{ compiled: stepGraph(options), parameters: described.parameters, views, options },
      feeds: { ...dataFeeds(dataset), examples },
      draw(step) {
        order.fill(step, chosen);
        return (part) => examples.set(chosen.subarray(part * examples.length, (part + 1) * examples.length));
      },
      createEvaluator: (parameter) =>
        createEvaluator(dataset, described, standardisation, parameter, threads),
    });
  }

  return {
    parameters: described.parameters,
    parameterCount: described.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    trainCount: train.end - train.start,
    dataBytes: dataset.pixels.byteLength + dataset.labels.byteLength,
    stepGraph,
    metrics: ["loss", "accuracy"],
    source: dataset.source,
    procedural: dataset.procedural,
    bind,
  };
}
