import { randomStream } from "@steepest/random";
import { describe, expect, it } from "vitest";
import {
  constantOf,
  type FanInitialiser,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  initialiseParameters,
  normal,
  torchDefault,
  uniform,
  zeros,
} from "./initialisers.js";
import { mlp } from "./models/mlp.js";

const fans = { in: 300, out: 100 };
const draw = (initialiser: FanInitialiser): Float64Array => {
  const values = new Float64Array(fans.in * fans.out);
  initialiser(fans)(values, randomStream(0, "test"));
  return values;
};
const meanOf = (values: Float64Array, power = 1): number =>
  values.reduce((sum, value) => sum + value ** power, 0) / values.length;

describe("initialisers", () => {
  it.each([
    ["He normal", heNormal, 2 / 300],
    ["Glorot normal", glorotNormal, 2 / 400],
    ["normal", normal(0.02), 0.02 ** 2],
  ] as const)("%s: draws normal numbers of its variance", (_, initialiser, variance) => {
    const values = draw(initialiser);
    const bound = 4.5 / Math.sqrt(values.length);
    expect(Math.abs(meanOf(values))).toBeLessThan(bound * Math.sqrt(variance));
    expect(Math.abs(meanOf(values, 2) / variance - 1)).toBeLessThan(bound * Math.SQRT2);
    expect(Math.abs(meanOf(values, 4) / variance ** 2 - 3)).toBeLessThan(bound * Math.sqrt(96));
  });

  it.each([
    ["He uniform", heUniform, Math.sqrt(6 / 300)],
    ["Glorot uniform", glorotUniform, Math.sqrt(6 / 400)],
    ["PyTorch's default", torchDefault, 1 / Math.sqrt(300)],
    ["uniform", uniform(0.1), 0.1],
  ] as const)("%s: draws uniform numbers within its bound", (_, initialiser, bound) => {
    const values = draw(initialiser);
    const error = 4.5 / Math.sqrt(values.length);
    expect(Math.max(...values)).toBeLessThanOrEqual(bound);
    expect(Math.max(...values)).toBeGreaterThan(0.999 * bound);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-bound);
    expect(Math.min(...values)).toBeLessThan(-0.999 * bound);
    expect(Math.abs(meanOf(values)) / bound).toBeLessThan(error / Math.sqrt(3));
    expect(Math.abs((3 * meanOf(values, 2)) / bound ** 2 - 1)).toBeLessThan(error * Math.sqrt(4 / 5));
  });

  it("zeros and constants are that", () => {
    expect(draw(zeros).every((value) => value === 0)).toBe(true);
    expect(draw(constantOf(-1.5)).every((value) => value === -1.5)).toBe(true);
  });
});

describe("initialiseParameters", () => {
  const initialised = (widths: readonly number[], seed: number) => {
    const memory = new Map<string, Float32Array>();
    const { parameters } = mlp(widths);
    for (const { name, shape } of parameters) {
      memory.set(name, new Float32Array(shape.reduce((product, size) => product * size, 1)));
    }
    initialiseParameters(parameters, seed, (name) => memory.get(name) ?? expect.unreachable(name));
    return memory;
  };

  it("is a function of the seed", () => {
    expect(initialised([5, 4, 3], 1)).toEqual(initialised([5, 4, 3], 1));
    expect(initialised([5, 4, 3], 1)).not.toEqual(initialised([5, 4, 3], 2));
  });

  it("gives each parameter a stream of its own: adding a layer leaves the others as they were", () => {
    const short = initialised([5, 4, 3], 7);
    const long = initialised([5, 4, 3, 2], 7);
    for (const [name, values] of short) expect(long.get(name)).toEqual(values);
    expect(long.size).toBe(short.size + 2);
  });
});
