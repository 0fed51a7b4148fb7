import { randomStream } from "@steepest/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mean } from "./descriptive.js";
import { exchangeTest } from "./exchange.js";

const gap = (a: readonly number[], b: readonly number[]): number => mean(a) - mean(b);

describe("the exchange test", () => {
  it("counts: separate samples of n and m give 2 / C(n + m, n), or 1 where the counts differ and only one end is as far", () => {
    expect(exchangeTest([1, 2, 3], [11, 12, 13], gap)).toBe(2 / 20);
    expect(exchangeTest([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], gap)).toBe(2 / 252);
    // Of {1}, {2}, {4} against the other two, the means differ by 2, 0.5 and 2.5.
    expect(exchangeTest([1], [2, 4], gap)).toBeCloseTo(2 / 3, 12);
    expect(exchangeTest([4], [1, 2], gap)).toBeCloseTo(1 / 3, 12);
  });

  it("finds nothing between equal samples, and is two-sided", () => {
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(exchangeTest(a, a, gap)).toBe(1);
        expect(exchangeTest(a, b, gap)).toBeCloseTo(exchangeTest(b, a, gap), 12);
      }),
    );
  });

  it("drawn exchanges come close to counted ones", () => {
    const [a, b] = [
      [3, 1, 4, 1, 5, 9],
      [2, 6, 5, 8, 9, 7],
    ];
    const counted = exchangeTest(a, b, gap);
    expect(exchangeTest(a, b, gap, { most: 923, seed: 1 })).toBeCloseTo(counted, 1);
  });

  it("calls at most 5 % of equal pairs different", () => {
    const stream = randomStream(0, "exchange-test");
    const draw = () => Array.from({ length: 5 }, () => stream.normal());
    let found = 0;
    for (let run = 0; run < 2000; run++) if (exchangeTest(draw(), draw(), gap) <= 0.05) found++;
    // 12 of 252 exchanges are 4.8 %; the standard error of 2,000 runs is 0.5 points.
    expect(found / 2000).toBeGreaterThan(0.03);
    expect(found / 2000).toBeLessThan(0.06);
  });
});
