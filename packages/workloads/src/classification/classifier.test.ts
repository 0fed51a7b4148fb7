import { constant, evaluate, gradients, input, type Tensor } from "@steepest/graph";
import { crossEntropy, dropoutKey, initialiseParameters, mlp } from "@steepest/nn";
import { elementCount } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageDataset } from "../images/imageSet.js";
import type { BoundWorkload } from "../workload.js";
import { batchOrder } from "./batches.js";
import { imageClassifier } from "./classifier.js";

const PIXELS = 6;
const CLASSES = 3;
const stream = randomStream(0, "images");
// More than two evaluation batches, the last of them partial, and a split within one.
const dataset: ImageDataset = {
  source: "test",
  procedural: true,
  height: 2,
  width: 3,
  classes: CLASSES,
  pixels: Uint8Array.from({ length: 2600 * PIXELS }, () => stream.integer(256)),
  labels: Int32Array.from({ length: 2600 }, () => stream.integer(CLASSES)),
  splits: {
    train: { start: 0, end: 2300 },
    validation: { start: 2300, end: 2310 },
    test: { start: 2310, end: 2600 },
  },
};
const modelAt = (dropout = 0) => mlp([PIXELS, 5, CLASSES], { dropout });
const model = modelAt();
const loaded = imageClassifier(dataset, modelAt);

const memory = (length: number) => new Float32Array(length);
const values = new Map(model.parameters.map(({ name, shape }) => [name, memory(elementCount(shape))]));
const slopes = new Map(model.parameters.map(({ name, shape }) => [name, memory(elementCount(shape))]));
const views = {
  parameter: (name: string) => values.get(name) ?? expect.unreachable(name),
  gradient: (name: string) => slopes.get(name) ?? expect.unreachable(name),
};

const rootsOf = (example: number): number[] =>
  Array.from(dataset.pixels.subarray(example * PIXELS, (example + 1) * PIXELS), (pixel) =>
    Math.sqrt(pixel / 255),
  );
const trainingRoots = Array.from({ length: 2300 }, (_, example) => rootsOf(example));
const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
const meanOf = (place: number): number => mean(trainingRoots.map((roots) => roots[place] ?? Number.NaN));
const deviation = Math.sqrt(
  mean(trainingRoots.flat().map((root) => root * root)) - mean(trainingRoots.flat()) ** 2,
);

/** What a reference may be told besides the examples. */
interface Regularised {
  readonly dropout: number;
  readonly key: bigint;
  readonly labelSmoothing: number;
}

const plain: Regularised = { dropout: 0, key: 0n, labelSmoothing: 0 };

/** The loss, its derivatives and the number of right answers on some examples, by the float64 interpreter. */
function reference(examples: ArrayLike<number>, { dropout, key, labelSmoothing }: Regularised = plain) {
  const chosen = Array.from(examples);
  const x = chosen.flatMap((example) =>
    rootsOf(example).map((root, place) => (root - meanOf(place)) / deviation),
  );
  const y = chosen.map((example) => dataset.labels[example] ?? Number.NaN);
  const dropping = modelAt(dropout);
  const logits = dropping.apply(input("x", [chosen.length, PIXELS]), {
    training: true,
    dropoutKey: constant(Number(key), [], "int64"),
  });
  const loss = crossEntropy(logits, input("y", [chosen.length], "int32"), { labelSmoothing });
  const names = dropping.parameters.map(({ name }) => name);
  const derivatives = gradients(
    loss,
    dropping.parameters.map(({ tensor }) => tensor),
  );
  const outputs: Record<string, Tensor> = { loss, logits };
  derivatives.forEach((tensor, i) => {
    outputs[names[i] ?? ""] = tensor;
  });
  const found = evaluate(outputs, { x, y, ...Object.fromEntries(values) });
  const scores = found.logits ?? new Float64Array();
  const right = y.filter((label, i) => {
    const row = scores.subarray(i * CLASSES, (i + 1) * CLASSES);
    return row.indexOf(Math.max(...row)) === label;
  }).length;
  // A derivative with respect to another model's tensors would be 0, here and there alike.
  for (const name of names) expect(found[name]?.some((value) => value !== 0)).toBe(true);
  return { loss: found.loss?.[0] ?? Number.NaN, right, derivatives: found };
}

describe("imageClassifier", () => {
  let bound: BoundWorkload;
  beforeAll(async () => {
    initialiseParameters(model.parameters, 1, views.parameter);
    bound = await loaded.bind(views, { batchSize: 16, seed: 5, threads: 1 });
  });
  afterAll(() => bound.release());

  it("describes itself", () => {
    expect(loaded.parameterCount).toBe(6 * 5 + 5 + 5 * 3 + 3);
    expect(loaded.trainCount).toBe(2300);
    expect(loaded.source).toBe("test");
    // A byte a pixel and an int32 a label.
    expect(loaded.dataBytes).toBe(2600 * (PIXELS + 4));
  });

  it("shows the graph of a step: the whole data set goes in, the loss and every gradient come out", () => {
    const graph = (options: { readonly dropout?: number } = {}) =>
      loaded.stepGraph?.({ batchSize: 16, seed: 5, threads: 1, ...options });
    const { inputs, outputs } = graph() ?? expect.unreachable();
    expect(inputs.pixels?.shape).toEqual([2600, PIXELS]);
    expect(inputs.examples?.shape).toEqual([16]);
    expect(Object.keys(outputs)).toHaveLength(1 + model.parameters.length);
    const dropping = graph({ dropout: 0.5 });
    expect(dropping?.nodeCount).toBeGreaterThan(graph()?.nodeCount ?? Number.NaN);
  });

  it("fills the gradients of the step's batch and gives its loss", async () => {
    const examples = new Int32Array(16);
    const order = batchOrder(dataset.splits.train, 16, 5);
    for (const step of [1, 2, order.stepsPerEpoch + 1, 1]) {
      order.fill(step, examples);
      const expected = reference(examples);
      expect(await bound.gradient(step)).toBeCloseTo(expected.loss, 5);
      for (const [name, slope] of slopes) {
        slope.forEach((value, i) => {
          expect(value).toBeCloseTo(expected.derivatives[name]?.[i] ?? Number.NaN, 5);
        });
      }
    }
  });

  it.each([
    ["drops hidden units, others at every step and seed", { dropout: 0.4 }],
    ["smooths the labels", { labelSmoothing: 0.2 }],
    ["does both", { dropout: 0.25, labelSmoothing: 0.1 }],
  ] as const)("%s, in training alone", async (_, options) => {
    const examples = new Int32Array(16);
    const order = batchOrder(dataset.splits.train, 16, 5);
    const other = await loaded.bind(views, { batchSize: 16, seed: 5, threads: 1, ...options });
    for (const step of [1, 2, 1]) {
      order.fill(step, examples);
      const expected = reference(examples, { ...plain, ...options, key: dropoutKey(5, step) });
      expect(await other.gradient(step)).toBeCloseTo(expected.loss, 5);
      for (const [name, slope] of slopes) {
        slope.forEach((value, i) => {
          expect(value).toBeCloseTo(expected.derivatives[name]?.[i] ?? Number.NaN, 5);
        });
      }
      expect(expected.loss).not.toBeCloseTo(reference(examples).loss, 4);
    }
    expect(await other.evaluate("validation")).toEqual(await bound.evaluate("validation"));
    await other.release();
  });

  it("accumulates micro-batches to the gradient of the same examples at once", async () => {
    const loss = await bound.gradient(3);
    const whole = [...slopes.values()].map((slope) => slope.slice());
    const parts = await loaded.bind(views, { batchSize: 16, seed: 5, threads: 1, accumulate: 4 });
    expect(await parts.gradient(3)).toBeCloseTo(loss, 6);
    [...slopes.values()].forEach((slope, i) => {
      slope.forEach((value, j) => {
        expect(value).toBeCloseTo(whole[i]?.[j] ?? Number.NaN, 6);
      });
    });
    await parts.release();
  });

  it("refuses rates that are none", async () => {
    const options = { batchSize: 16, seed: 5, threads: 1 };
    await expect(loaded.bind(views, { ...options, dropout: 1 })).rejects.toThrow(/\[0, 1\), found 1/);
    await expect(loaded.bind(views, { ...options, labelSmoothing: -0.1 })).rejects.toThrow(/found -0.1/);
  });

  it("reads the parameters where they are, at every call", async () => {
    const before = await bound.gradient(3);
    const bias = views.parameter("layers.1.bias");
    bias[0] = (bias[0] ?? 0) + 1;
    const after = await bound.gradient(3);
    expect(after).not.toBe(before);
    bias[0] = (bias[0] ?? 0) - 1;
    expect(await bound.gradient(3)).toBeCloseTo(before, 5);
  });

  it("evaluates every example of a split once", async () => {
    for (const split of ["train", "validation", "test"] as const) {
      const { start, end } = dataset.splits[split];
      const expected = reference(Int32Array.from({ length: end - start }, (_, i) => start + i));
      const found = await bound.evaluate(split);
      expect(found.count).toBe(end - start);
      expect(found.accuracy).toBe(expected.right / (end - start));
      expect(found.loss).toBeCloseTo(expected.loss, 5);
    }
  });

  it("evaluates at weights of their own, where there are such", async () => {
    const averages = new Map([...values].map(([name, view]) => [name, view.map((value) => value / 2)]));
    const evaluation = (name: string) => averages.get(name) ?? expect.unreachable(name);
    const two = await loaded.bind({ ...views, evaluation }, { batchSize: 16, seed: 5, threads: 1 });
    expect(await two.gradient(3)).toBe(await bound.gradient(3));
    const found = await two.evaluate("test");
    expect(found.loss).not.toBeCloseTo((await bound.evaluate("test")).loss, 3);
    for (const [name, view] of values) averages.get(name)?.set(view);
    expect(await two.evaluate("test")).toEqual(await bound.evaluate("test"));
    await two.release();
  });

  it("gives the same bits every time", async () => {
    const run = async () => [await bound.gradient(7), ...[...slopes.values()].flatMap((slope) => [...slope])];
    const first = await run();
    await bound.gradient(8);
    expect(await run()).toEqual(first);
  });

  it("refuses a batch larger than the training set", async () => {
    await expect(loaded.bind(views, { batchSize: 2301, seed: 0, threads: 1 })).rejects.toThrow(/1 to 2300/);
  });
});
