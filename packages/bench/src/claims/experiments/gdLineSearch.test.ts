import { denseFeatures, leastSquares, linearTargets } from "@steepest/workloads";
import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { gdLineSearch, largestCurvature } from "./gdLineSearch.js";

const small = gdLineSearch.with({ count: 60, dimension: 5, scales: [1e-2, 1, 1e2] });

describe("gd-line-search", () => {
  it("holds: searches converge at every scale, the constant step only at its own", async () => {
    const { verdict, charts } = await runClaim(small, { seeds: 2 });
    expect(verdict.kind).toBe("holds");
    const constant = charts[0]?.series[0]?.y ?? [];
    expect(constant[1]).toBeLessThan(1e-6);
    // A step 100 times too short leaves (1 − μ/100L)^2k; one 100 times too long multiplies the error by 99.
    expect(constant[0]).toBeGreaterThan(1e-6);
    expect(constant[2]).toBe(1e12);
  });

  it("does not hold for a search that may not shorten its step", async () => {
    const lazy = "gd-backtracking:decrease=0.999,maximumBacktracks=1";
    const { verdict } = await runClaim(small.with({ backtracking: lazy }), { seeds: 2 });
    expect(verdict.effects.map(({ kind }) => kind)).toEqual(["holds", "does not hold", "holds", "holds"]);
  });

  it("takes the constant step from the largest eigenvalue, which is 1 for these features", () => {
    const features = denseFeatures({ count: 60, dimension: 5, conditionNumber: 10, seed: 1 });
    expect(largestCurvature(leastSquares(features, linearTargets(features, 0.1, 1)))).toBeCloseTo(1, 6);
  });
});
