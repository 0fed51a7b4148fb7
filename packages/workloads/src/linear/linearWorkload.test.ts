import { beforeEach, describe, expect, it } from "vitest";
import { batchOrder } from "../classification/batches.js";
import { logisticRegression } from "../finiteSums/linearModels.js";
import { denseRows } from "../finiteSums/rows.js";
import { linearWorkload, splitsOf } from "./linearWorkload.js";

const rows = [
  [1, 0, 2],
  [0, -1, 1],
  [3, 1, 0],
  [-2, 0, 1],
  [1, 1, 1],
  [0, 2, -1],
  [-1, -1, 0],
  [2, 0, -2],
];
const labels = [1, -1, 1, -1, 1, 1, -1, -1];
const splits = splitsOf({ train: 5, validation: 1, test: 2 });
const features = denseRows(8, 3, Float64Array.from(rows.flat()));
const problem = {
  model: logisticRegression(features, Float64Array.from(labels)),
  splits,
  initialise: (values: Float32Array | Float64Array) => values.fill(0.5),
  source: "a few numbers",
};
const classifier = linearWorkload({
  ...problem,
  right: (i, prediction) => prediction * (labels[i] ?? Number.NaN) > 0,
});
const options = { batchSize: 2, seed: 3, threads: 1 };

/** log(1 + exp(−y aᵀx)) and −y a / (1 + exp(y aᵀx)), as they stand in a textbook. */
function reference(example: number, x: readonly number[]) {
  const [a, y] = [rows[example] ?? [], labels[example] ?? Number.NaN];
  const margin = y * a.reduce((sum, value, j) => sum + value * (x[j] ?? Number.NaN), 0);
  return {
    loss: Math.log(1 + Math.exp(-margin)),
    slope: a.map((value) => (-y * value) / (1 + Math.exp(margin))),
    right: margin > 0,
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("linearWorkload", () => {
  const weights = new Float32Array(3);
  const slopes = new Float32Array(3);
  const views = { parameter: () => weights, gradient: () => slopes };
  beforeEach(() => weights.set([0.25, -0.5, 0.75]));

  it("describes itself", () => {
    expect(classifier).toMatchObject({
      parameterCount: 3,
      trainCount: 5,
      metrics: ["loss", "accuracy"],
      procedural: false,
    });
    expect(classifier.parameters.map(({ name, shape }) => ({ name, shape }))).toEqual([
      { name: "weight", shape: [3] },
    ]);
  });

  it("fills the mean gradient of the step's batch and gives its loss", async () => {
    const bound = await classifier.bind(views, options);
    const order = batchOrder(splits.train, 2, 3);
    const batch = new Int32Array(2);
    for (const step of [1, 2, 3, 7, 1]) {
      order.fill(step, batch);
      const expected = [...batch].map((example) => reference(example, [...weights]));
      expect(await bound.gradient(step)).toBeCloseTo(mean(expected.map(({ loss }) => loss)), 14);
      for (const [j, slope] of slopes.entries())
        expect(slope).toBe(Math.fround(mean(expected.map((found) => found.slope[j] ?? Number.NaN))));
      weights[0] = step;
    }
    await bound.release();
  });

  it("evaluates every sample of a split once, at weights of their own where there are such", async () => {
    const averages = Float32Array.of(1, 2, 3);
    const trained = await classifier.bind(views, options);
    const averaged = await classifier.bind({ ...views, evaluation: () => averages }, options);
    for (const [bound, x] of [
      [trained, weights],
      [averaged, averages],
    ] as const) {
      for (const split of ["train", "validation", "test"] as const) {
        const { start, end } = splits[split];
        const expected = Array.from({ length: end - start }, (_, i) => reference(start + i, [...x]));
        const found = await bound.evaluate(split);
        expect(found.count).toBe(end - start);
        expect(found.loss).toBeCloseTo(mean(expected.map(({ loss }) => loss)), 14);
        expect(found.accuracy).toBe(mean(expected.map(({ right }) => Number(right))));
      }
    }
  });

  it("measures no accuracy where nothing is classified", async () => {
    const loaded = linearWorkload(problem);
    expect(loaded.metrics).toEqual(["loss"]);
    const bound = await loaded.bind(views, options);
    expect(Object.keys(await bound.evaluate("test"))).toEqual(["loss", "count"]);
  });

  it("refuses a batch larger than the training set", async () => {
    await expect(classifier.bind(views, { ...options, batchSize: 6 })).rejects.toThrow(/1 to 5/);
  });
});
