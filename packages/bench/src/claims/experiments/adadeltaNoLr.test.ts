import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adadeltaNoLr } from "./adadeltaNoLr.js";

const small = adadeltaNoLr.with({ count: 30, dimension: 4, mostSteps: 1500 });
const large = small.with({ scales: [1, 1e1, 1e2] });

describe("adadelta-no-lr", () => {
  it("holds for gradients far above √ε = 0.001: g cancels in √(D + ε)/√(v + ε) g", async () => {
    const { verdict } = await runClaim(large, { seeds: 3 });
    expect(verdict.kind).toBe("holds");
    expect(verdict.effects[0]?.estimate).toBeCloseTo(1, 1);
  });

  it("does not hold for smaller ones, which Adadelta follows as gradient descent", async () => {
    const { verdict } = await runClaim(small.with({ scales: [1e-3, 1e-1, 1] }), { seeds: 3 });
    expect(verdict.kind).toBe("does not hold");
  });

  it("does not hold for gradient descent: ten times the gradient is a tenth of the steps, or divergence", async () => {
    const { verdict } = await runClaim(large.with({ free: "gd:lr=0.01" }), { seeds: 3 });
    expect(verdict.kind).toBe("does not hold");
    expect(verdict.effects[0]?.estimate).toBeGreaterThan(5);
  });

  it("shows that ε sets how fast it is: a larger one needs fewer steps", async () => {
    const { tables } = await runClaim(large, { seeds: 2 });
    const steps = (tables[0]?.rows ?? []).map((row) => Number(row[1]));
    expect(steps).toEqual(steps.toSorted((a, b) => b - a));
    expect(steps[0]).toBeGreaterThan(3 * (steps.at(-1) ?? 0));
  });
});
