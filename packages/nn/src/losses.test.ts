import { evaluate, gradients, input } from "@steepest/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  correctPerExample,
  crossEntropy,
  crossEntropyPerExample,
  meanSquaredError,
} from "./losses.js";

const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

/** n examples of c classes: logits and labels. */
const batch = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 6 })).chain(([n, c]) =>
  fc.record({
    n: fc.constant(n),
    c: fc.constant(c),
    logits: fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: n * c, maxLength: n * c }),
    labels: fc.array(fc.nat(c - 1), { minLength: n, maxLength: n }),
    smoothing: fc.constantFrom(0, 0.1, 1),
  }),
);

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};

describe("crossEntropy", () => {
  it("is the formula, and its derivative (softmax − target) / n", () => {
    fc.assert(
      fc.property(batch, ({ n, c, logits, labels, smoothing }) => {
        const z = input("z", [n, c]);
        const y = input("y", [n], "int32");
        const loss = crossEntropy(z, y, { labelSmoothing: smoothing });
        const [slope = expect.unreachable("no gradient")] = gradients(loss, [z]);
        const found = evaluate({ loss, slope, each: crossEntropyPerExample(z, y) }, { z: logits, y: labels });
        let expected = 0;
        for (let i = 0; i < n; i++) {
          const p = softmax(logits.slice(i * c, (i + 1) * c));
          for (let j = 0; j < c; j++) {
            const target = (1 - smoothing) * (j === labels[i] ? 1 : 0) + smoothing / c;
            expected -= (target * Math.log(at(p, j))) / n;
            expect(at(found.slope ?? [], i * c + j)).toBeCloseTo((at(p, j) - target) / n, 10);
          }
          expect(at(found.each ?? [], i)).toBeCloseTo(-Math.log(at(p, at(labels, i))), 8);
        }
        expect(at(found.loss ?? [], 0)).toBeCloseTo(expected, 8);
      }),
    );
  });

  it("stays finite where exponentials would overflow", () => {
    const loss = crossEntropy(input("z", [2, 2]), input("y", [2], "int32"));
    expect(evaluate({ loss }, { z: [1e4, -1e4, -1e4, 1e4], y: [0, 0] }).loss?.[0]).toBe(1e4);
  });

  it("refuses shapes and smoothing that make no sense", () => {
    const z = input("z", [3, 2]);
    expect(() => crossEntropy(z, input("y", [2], "int32"))).toThrow(/found \[3, 2\] and \[2\]/);
    expect(() => crossEntropy(input("v", [3]), input("y", [3], "int32"))).toThrow(/found \[3\] and \[3\]/);
    expect(() => crossEntropy(z, input("y", [3], "int32"), { labelSmoothing: -0.1 })).toThrow(/found -0\.1/);
  });
});

describe("meanSquaredError", () => {
  it("is the mean of squares, and its derivative 2 (prediction − target) / n", () => {
    const [a, b] = [input("a", [2, 2]), input("b", [2, 2])];
    const loss = meanSquaredError(a, b);
    const [slope = expect.unreachable("no gradient")] = gradients(loss, [a]);
    const found = evaluate({ loss, slope }, { a: [1, 2, 3, 4], b: [1, 0, 0, 0] });
    expect([...(found.loss ?? [])]).toEqual([29 / 4]);
    expect([...(found.slope ?? [])]).toEqual([0, 1, 1.5, 2]);
  });
});

describe("accuracy", () => {
  it("counts the labels with the largest logit, the first of equal ones", () => {
    const [z, y] = [input("z", [4, 3]), input("y", [4], "int32")];
    const found = evaluate(
      { each: correctPerExample(z, y), share: accuracy(z, y) },
      { z: [3, 1, 2, 0, 0, 1, -5, -1, -2, 7, 7, 0], y: [0, 1, 1, 0] },
    );
    expect([...(found.each ?? [])]).toEqual([1, 0, 1, 1]);
    expect([...(found.share ?? [])]).toEqual([0.75]);
  });
});
