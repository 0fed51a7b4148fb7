import { describe, expect, it } from "vitest";
import { argMin, halfDecades, minimiserOf } from "./grid.js";

describe("a grid", () => {
  it("has two values a decade", () => {
    expect(halfDecades(0.01, 10)).toEqual([0.01, 0.032, 0.1, 0.32, 1, 3.2, 10]);
  });

  it("finds the first least value, also among values that are none", () => {
    expect(argMin([3, 1, 1, 2])).toBe(1);
    expect(argMin([Number.NaN, 4, Number.NaN, Infinity])).toBe(1);
  });

  it("finds the minimum of a parabola between its points, and stays at an end", () => {
    const x = [0, 0.5, 1, 1.5, 2];
    expect(
      minimiserOf(
        x,
        x.map((value) => 3 * (value - 1.2) ** 2),
      ),
    ).toBeCloseTo(1.2, 12);
    expect(
      minimiserOf(
        x,
        x.map((value) => value),
      ),
    ).toBe(0);
    expect(minimiserOf(x, [1, 1, 0, Number.NaN, 1])).toBe(1);
  });
});
