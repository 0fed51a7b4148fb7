import { evaluate, input, type Tensor } from "@steepest/graph";
import { elementCount } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialiseParameters } from "../initialisers.js";
import { type ActivationName, activation } from "../layers/activations.js";
import { dropout, dropoutKey } from "../layers/dropout.js";
import { linear } from "../layers/linear.js";
import { mlp } from "./mlp.js";
import { type Model, sequential } from "./model.js";

const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** First values of a model's parameters, as feeds. */
function parametersOf(model: Model, seed: number): Record<string, Float64Array> {
  const feeds = Object.fromEntries(
    model.parameters.map(({ name, shape }) => [name, new Float64Array(elementCount(shape))]),
  );
  initialiseParameters(model.parameters, seed, (name) => feeds[name] ?? expect.unreachable(name));
  return feeds;
}

const compute = (y: Tensor, feeds: Record<string, ArrayLike<number>>): Float64Array =>
  evaluate({ y }, feeds).y ?? expect.unreachable("no output");

describe("mlp", () => {
  it("of 784-100-10 has 79,510 parameters with the roles of their places", () => {
    const { parameters } = mlp([784, 100, 10]);
    expect(parameters.map(({ name, shape, role }) => ({ name, shape, role }))).toEqual([
      { name: "layers.0.weight", shape: [100, 784], role: "hiddenMatrix" },
      { name: "layers.0.bias", shape: [100], role: "bias" },
      { name: "layers.1.weight", shape: [10, 100], role: "head" },
      { name: "layers.1.bias", shape: [10], role: "bias" },
    ]);
    expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(79_510);
  });

  it("computes W₂ relu(W₁x + b₁) + b₂ for each example", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
        ([seed, n, hidden]) => {
          const model = mlp([3, hidden, 2]);
          const feeds = parametersOf(model, seed);
          const x = Float64Array.from({ length: 3 * n }, randomStream(seed, "x").normal);
          const found = compute(model.apply(input("x", [n, 3]), { training: false }), { ...feeds, x });
          const layer = (values: number[], k: number, outputs: number) =>
            range(outputs).map((j) =>
              values.reduce(
                (sum, value, i) => sum + value * at(feeds[`layers.${k}.weight`] ?? [], j * values.length + i),
                at(feeds[`layers.${k}.bias`] ?? [], j),
              ),
            );
          const expected = range(n).flatMap((example) => {
            const units = layer([...x.subarray(3 * example, 3 * example + 3)], 0, hidden);
            return layer(
              units.map((unit) => Math.max(0, unit)),
              1,
              2,
            );
          });
          expected.forEach((value, i) => {
            expect(at(found, i)).toBeCloseTo(value, 12);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses fewer than two widths and sizes that are none", () => {
    expect(() => mlp([784])).toThrow(/at least two widths, found 1/);
    expect(() => mlp([784, 0, 10])).toThrow(/"layers\.0".*expected outputs.*found 0/);
    expect(() => mlp([784, 1.5, 10])).toThrow(/1\.5/);
  });
});

describe("linear", () => {
  it("leaves the bias out where it is told to", () => {
    const model = linear("l", 2, 1, { bias: "none", role: "other" });
    expect(model.parameters.map(({ name, role }) => [name, role])).toEqual([["l.weight", "other"]]);
    const y = model.apply(input("x", [1, 2]), { training: true });
    expect([...compute(y, { x: [2, 3], "l.weight": [10, 100] })]).toEqual([320]);
  });

  it("acts on the last of several dimensions", () => {
    const y = linear("l", 2, 1).apply(input("x", [2, 1, 2]), { training: true });
    expect(y.shape).toEqual([2, 1, 1]);
    expect([...compute(y, { x: [2, 3, 4, 5], "l.weight": [10, 100], "l.bias": [0.5] })]).toEqual([
      320.5, 540.5,
    ]);
  });
});

describe("activation", () => {
  const formulas: Record<ActivationName, (x: number) => number> = {
    relu: (x) => Math.max(0, x),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    // xΦ(x) with Φ by the midpoint rule.
    relu2: (x) => Math.max(0, x) ** 2,
    silu: (x) => x / (1 + Math.exp(-x)),
    gelu: (x) => {
      const cells = 20_000;
      const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
      const area = range(cells).reduce((sum, i) => sum + (density(((i + 0.5) / cells) * x) * x) / cells, 0);
      return x * (0.5 + area);
    },
  };
  it.each(Object.entries(formulas))("%s is its formula", (name, formula) => {
    const x = [-3, -1, -0.1, 0, 0.5, 2];
    const known = Object.keys(formulas).find((key): key is ActivationName => key === name);
    const y = activation(known ?? expect.unreachable(name)).apply(input("x", [6]), { training: true });
    compute(y, { x }).forEach((value, i) => {
      expect(value).toBeCloseTo(formula(at(x, i)), 8);
    });
  });
});

describe("sequential", () => {
  it("refuses two parameters of one name", () => {
    expect(() => sequential([linear("l", 1, 1), linear("l", 1, 1)])).toThrow(
      /two parameters are named "l\.weight"/,
    );
  });
});

describe("dropout", () => {
  const count = 20_000;
  const x = input("x", [count]);
  const key = input("key", [], "int64");
  const ones = new Float64Array(count).fill(1);
  const dropped = (name: string, rate: number, keyValue: number) =>
    compute(dropout(name, rate).apply(x, { training: true, dropoutKey: key }), { x: ones, key: [keyValue] });
  const correlation = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, i) => sum + (value - 1) * (at(b, i) - 1), 0) / count;

  it("drops its share and scales the rest, so that the mean stays", () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const y = dropped("d", rate, 12_345);
      const kept = y.filter((value) => value !== 0);
      expect(kept.every((value) => Math.abs(value - 1 / (1 - rate)) < 1e-12)).toBe(true);
      const share = kept.length / count;
      expect(Math.abs(share - (1 - rate))).toBeLessThan(4.5 * Math.sqrt((rate * (1 - rate)) / count));
    }
  });

  it("draws the same for the same key, other elements for another key or layer", () => {
    const y = dropped("d", 0.5, 7);
    expect(dropped("d", 0.5, 7)).toEqual(y);
    for (const other of [dropped("d", 0.5, 8), dropped("e", 0.5, 7)]) {
      expect(Math.abs(correlation(y, other))).toBeLessThan(4.5 / Math.sqrt(count));
    }
  });

  it("is the identity in evaluation and at rate 0", () => {
    expect(dropout("d", 0.5).apply(x, { training: false })).toBe(x);
    expect(dropout("d", 0).apply(x, { training: true })).toBe(x);
  });

  it("has keys that are a function of seed and step", () => {
    expect(dropoutKey(1, 2)).toBe(dropoutKey(1, 2));
    const keys = range(100).flatMap((step) => [dropoutKey(0, step), dropoutKey(1, step)]);
    expect(new Set(keys).size).toBe(200);
    expect(keys.every((value) => value >= 0n && value < 2n ** 31n)).toBe(true);
  });

  it("refuses rates outside [0, 1) and training without a key", () => {
    for (const rate of [-0.1, 1, Number.NaN]) expect(() => dropout("d", rate)).toThrow(/rate in \[0, 1\)/);
    expect(() => dropout("d", 0.5).apply(x, { training: true })).toThrow(/no key.*dropoutKey/);
  });
});
