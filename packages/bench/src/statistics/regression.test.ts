import fc from "fast-check";
import { linearRegression } from "simple-statistics";
import { describe, expect, it } from "vitest";
import { growthExponent, slope } from "./regression.js";

const finite = fc.double({ min: -100, max: 100, noNaN: true });

describe("slope", () => {
  it("is the least-squares line's", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 30 }), (y) => {
        const x = y.map((_, i) => i ** 1.5);
        const { m } = linearRegression(x.map((value, i) => [value, y[i] ?? 0]));
        expect(slope(x, y)).toBeCloseTo(m, 8);
      }),
    );
  });

  it("of logarithms is the exponent of a power law", () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (p) => {
        const x = [1, 3, 10, 40];
        expect(
          growthExponent(
            x,
            x.map((value) => 7 * value ** p),
          ),
        ).toBeCloseTo(p, 10);
      }),
    );
  });
});
