import { describe, expect, test } from "vitest";
import { compile } from "../run/compile.js";
import { evaluate } from "../run/evaluate.js";
import { createSession } from "../run/session.js";
import { input } from "../tensor/tensor.js";
import { uniform } from "./random.js";

const draw = (key: number, count: number): Float64Array =>
  evaluate({ u: uniform(input("key", [], "int64"), [count]) }, { key: [key] }).u;

const keys = [0, 1, 2, -1, 12345, 2 ** 32, 2 ** 32 + 1, 7 * 2 ** 40 + 3];
const count = 20_000;
const streams = keys.map((key) => draw(key, count));

/** Σ (x − ½)(y − ½) in units of its standard deviation under independence: (n/144)^½. */
function correlation(x: Float64Array, y: Float64Array): number {
  const products = x.reduce((sum, value, i) => sum + (value - 0.5) * ((y[i] ?? 0.5) - 0.5), 0);
  return products / Math.sqrt(x.length / 144);
}

/** Pearson's χ² of equal frequencies, in standard deviations from its mean. */
function chiSquared(bins: readonly number[]): number {
  const expected = bins.reduce((sum, n) => sum + n, 0) / bins.length;
  const statistic = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  return (statistic - (bins.length - 1)) / Math.sqrt(2 * (bins.length - 1));
}

function histogram(values: Iterable<number>, size: number): number[] {
  const bins = new Array<number>(size).fill(0);
  for (const value of values) bins[value] = (bins[value] ?? 0) + 1;
  return bins;
}

// The sequences are fixed, so that each statistic is one number, no chance: five deviations leave room for
// having many.
describe("uniform numbers of one key", () => {
  test.each(keys.map((key, i) => [key, streams[i] ?? new Float64Array()] as const))(
    "key %d: in [0, 1), even in value and in every bit, and without memory",
    (_, u) => {
      expect(u.every((value) => value >= 0 && value < 1)).toBe(true);
      const mean = u.reduce((sum, value) => sum + value, 0) / count;
      const variance = u.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / count;
      expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * count));
      expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * count));
      expect(
        Math.abs(
          chiSquared(
            histogram(
              u.map((value) => Math.floor(value * 256)),
              256,
            ),
          ),
        ),
      ).toBeLessThan(5);
      expect(
        Math.abs(
          chiSquared(
            histogram(
              u.map((value) => (value * 2 ** 24) % 256),
              256,
            ),
          ),
        ),
      ).toBeLessThan(5);
      for (let bit = 0; bit < 24; bit++) {
        const ones = u.reduce((sum, value) => sum + ((value * 2 ** (24 - bit)) & 1), 0);
        expect(Math.abs(ones - count / 2)).toBeLessThan(2.5 * Math.sqrt(count));
      }
      for (const lag of [1, 2, 3, 10, 64, 100, 128, 1024]) {
        expect(Math.abs(correlation(u.subarray(lag), u.subarray(0, count - lag)))).toBeLessThan(5);
      }
      // Pairs of neighbours fill the unit square evenly.
      const pairs = u
        .subarray(1)
        .map((value, i) => Math.floor(value * 16) * 16 + Math.floor((u[i] ?? 0) * 16));
      expect(Math.abs(chiSquared(histogram(pairs, 256)))).toBeLessThan(5);
    },
  );
});

test("different keys give independent numbers, element by element", () => {
  streams.forEach((u, i) => {
    streams.slice(i + 1).forEach((v) => {
      expect(Math.abs(correlation(u, v))).toBeLessThan(5);
      const joint = u.map((value, k) => Math.floor(value * 16) * 16 + Math.floor((v[k] ?? 0) * 16));
      expect(Math.abs(chiSquared(histogram(joint, 256)))).toBeLessThan(5);
    });
  });
});

test("one element over consecutive keys, as over the steps of a training run, is uniform and without memory", () => {
  const steps = 4000;
  const elements = Array.from({ length: steps }, (_, step) => draw(step, 3));
  for (const index of [0, 1, 2]) {
    const u = Float64Array.from(elements, (values) => values[index] ?? 0);
    expect(
      Math.abs(
        chiSquared(
          histogram(
            u.map((value) => Math.floor(value * 64)),
            64,
          ),
        ),
      ),
    ).toBeLessThan(5);
    for (const lag of [1, 2, 4, 8, 256]) {
      expect(Math.abs(correlation(u.subarray(lag), u.subarray(0, steps - lag)))).toBeLessThan(5);
    }
  }
});

test("ONNX Runtime gives the same bits for keys of all sizes and signs, whatever its threads", async () => {
  const key = BigInt64Array.of(0n);
  const u = new Float32Array(40_000);
  const compiled = compile({ u: uniform(input("key", [1], "int64"), [200, 200]) });
  for (const threads of [1, 2]) {
    const session = await createSession(compiled, { feeds: { key }, fetches: { u }, threads });
    for (const value of [...keys, -(2 ** 53) + 1, 2 ** 53 - 1]) {
      key[0] = BigInt(value);
      await session.run();
      const expected = draw(value, u.length);
      expect(u.every((element, i) => element === expected[i])).toBe(true);
    }
    await session.release();
  }
});

test("the model stays small: the indices are made when it is loaded", () => {
  expect(compile({ u: uniform(input("key", [], "int64"), [1000, 1000]) }).onnx.length).toBeLessThan(3000);
});
