import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Effect, effectOf, type Range, verdictOf } from "./verdict.js";

const effect = (holds: Range, values: readonly number[], scale: "linear" | "log" = "linear"): Effect =>
  effectOf({ quantity: "q", holds, scale }, values);
const kind = (holds: Range, ...values: readonly number[]) => effect(holds, values).kind;

describe("the effect of a criterion", () => {
  // The 97.5 % quantile of Student's distribution with one degree of freedom is 12.706: 1 ± 12.706 ·
  // (0.2/√2)/√2.
  it("is a Student interval over the seeds", () => {
    const { estimate, low, high, level } = effect({ above: 0 }, [0.9, 1.1]);
    expect(estimate).toBeCloseTo(1, 12);
    expect(low).toBeCloseTo(1 - 1.2706, 4);
    expect(high).toBeCloseTo(1 + 1.2706, 4);
    expect(level).toBe(0.95);
  });

  it("holds where the whole interval is inside, does not where all of it is outside, else stays open", () => {
    expect(kind({ above: -0.28 }, 0.9, 1.1)).toBe("holds");
    expect(kind({ above: -0.26 }, 0.9, 1.1)).toBe("inconclusive");
    expect(kind({ above: 2.26 }, 0.9, 1.1)).toBe("inconclusive");
    expect(kind({ above: 2.28 }, 0.9, 1.1)).toBe("does not hold");
    expect(kind({ below: 2.28 }, 0.9, 1.1)).toBe("holds");
    expect(kind({ below: -0.28 }, 0.9, 1.1)).toBe("does not hold");
    expect(kind({ between: [-0.28, 2.28] }, 0.9, 1.1)).toBe("holds");
    expect(kind({ between: [0, 2.28] }, 0.9, 1.1)).toBe("inconclusive");
    expect(kind({ between: [2.28, 3] }, 0.9, 1.1)).toBe("does not hold");
    expect(kind({ above: 1 }, 1, 1)).toBe("does not hold");
  });

  it("of ratios is the same for a ratio and its inverse", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 2 }), (ratios) => {
        const there = effect({ above: 1 }, ratios, "log");
        const inverse = ratios.map((ratio) => 1 / ratio);
        const back = effect({ below: 1 }, inverse, "log");
        expect(back.estimate).toBeCloseTo(1 / there.estimate, 6);
        if (Math.abs(there.low - 1) > 1e-9) expect(back.kind).toBe(there.kind);
      }),
    );
    expect(effect({ above: 1 }, [2, 8], "log").estimate).toBeCloseTo(4, 12);
  });

  it("is open where a seed gave no finite value", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const holds of [{ above: 0 }, { below: 0 }, { between: [0, 1] }] as const)
        expect(kind(holds, 1, value, 1)).toBe("inconclusive");
    expect(effect({ below: 1 }, [0, 0.5], "log").kind).toBe("inconclusive");
  });
});

describe("the verdict", () => {
  const [holds, fails, open] = [
    effect({ above: 0 }, [1, 1]),
    effect({ above: 0 }, [-1, -1]),
    effect({ above: 0 }, [1, -1]),
  ];
  it("holds where every effect does, and fails where any does", () => {
    expect(verdictOf([holds, holds]).kind).toBe("holds");
    expect(verdictOf([holds, open]).kind).toBe("inconclusive");
    expect(verdictOf([open, fails, holds]).kind).toBe("does not hold");
  });
});
