import {
  type CompiledGraph,
  cast,
  compile,
  constant,
  createSession,
  gather,
  gradients,
  input,
  multiply,
  type Session,
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

/** The inputs that do not change: the data set, which is never copied, and the parameters. */
const fixedFeeds = (dataset: ImageDataset, model: Model, parameter: (name: string) => Float32Array) => ({
  pixels: dataset.pixels,
  labels: dataset.labels,
  ...Object.fromEntries(model.parameters.map(({ name }) => [name, parameter(name)])),
});

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
    { feeds: { ...fixedFeeds(dataset, model, parameter), examples }, fetches: { losses, correct }, threads },
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

/** The name of the output with a parameter's gradient. */
const gradientOf = (parameter: string | undefined): string => `gradient of ${parameter}`;

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

  function stepGraph({ batchSize, dropout, labelSmoothing = 0 }: BindOptions): CompiledGraph {
    // A model of its own: derivatives are with respect to its own tensors.
    const model = modelAt(dropout);
    const { parameters } = model;
    const { logits, labels } = network(dataset, model, standardisation, batchSize, {
      training: true,
      dropoutKey: input(KEY, [], "int64"),
    });
    const loss = crossEntropy(logits, labels, { labelSmoothing });
    const derivatives = gradients(
      loss,
      parameters.map(({ tensor }) => tensor),
    );
    const outputs = Object.fromEntries(
      derivatives.map((derivative, i) => [gradientOf(parameters[i]?.name), derivative]),
    );
    return compile({ loss, ...outputs });
  }

  async function bind(views: ParameterViews, options: BindOptions): Promise<BoundWorkload> {
    const { batchSize, seed, threads } = options;
    const order = batchOrder(train, batchSize, seed);
    const filled = Object.fromEntries(
      described.parameters.map(({ name }) => [gradientOf(name), views.gradient(name)]),
    );
    const examples = new Int32Array(batchSize);
    const lossValue = new Float32Array(1);
    const compiled = stepGraph(options);
    const drops = KEY in compiled.inputs;
    const key = new BigInt64Array(1);
    const session: Session = await createSession(compiled, {
      feeds: {
        ...fixedFeeds(dataset, described, (name) => views.parameter(name)),
        examples,
        ...(drops ? { [KEY]: key } : {}),
      },
      fetches: { loss: lossValue, ...filled },
      threads,
    });
    let evaluator: Evaluator | undefined;
    return {
      async gradient(step) {
        order.fill(step, examples);
        if (drops) key[0] = dropoutKey(seed, step);
        await session.run();
        return lossValue[0] ?? Number.NaN;
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
        await session.release();
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
