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
import {
  correctPerExample,
  crossEntropy,
  crossEntropyPerExample,
  dropoutKey,
  type Mode,
  type Model,
} from "@steepest/nn";
import { elementCount } from "@steepest/optim";
import type { ImageDataset } from "../images/imageSet.js";
import { bindStep, compileStep, microBatchSize } from "../network/step.js";
import type {
  BindOptions,
  BoundWorkload,
  Evaluation,
  LoadedWorkload,
  ParameterViews,
  Split,
} from "../workload.js";
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

interface Evaluator {
  evaluate(split: Split): Promise<Evaluation>;
  release(): Promise<void>;
}

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

/** The name of the input that dropout draws from. */
const KEY = "dropoutKey";

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
    const { logits, labels } = network(dataset, model, standardisation, size, {
      training: true,
      dropoutKey: input(KEY, [], "int64"),
    });
    return compileStep(crossEntropy(logits, labels, { labelSmoothing }), model.parameters);
  }

  async function bind(views: ParameterViews, options: BindOptions): Promise<BoundWorkload> {
    const { batchSize, seed, threads, accumulate = 1 } = options;
    const order = batchOrder(train, batchSize, seed);
    const chosen = new Int32Array(batchSize);
    const examples = new Int32Array(microBatchSize(batchSize, accumulate));
    const compiled = stepGraph(options);
    const drops = KEY in compiled.inputs;
    const key = new BigInt64Array(1);
    const bound = await bindStep({
      ...{ compiled, parameters: described.parameters, views, threads, accumulate },
      feeds: { ...dataFeeds(dataset), examples, ...(drops ? { [KEY]: key } : {}) },
    });
    let evaluator: Evaluator | undefined;
    return {
      async gradient(step) {
        order.fill(step, chosen);
        return bound.run((part) => {
          examples.set(chosen.subarray(part * examples.length, (part + 1) * examples.length));
          if (drops) key[0] = dropoutKey(seed, (step - 1) * accumulate + part + 1);
        });
      },
      async evaluate(split) {
        evaluator ??= await createEvaluator(
          dataset,
          described,
          standardisation,
          (name) => views.evaluation?.(name) ?? views.parameter(name),
          threads,
        );
        return evaluator.evaluate(split);
      },
      async release() {
        await bound.release();
        await evaluator?.release();
      },
    };
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
