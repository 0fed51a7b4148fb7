import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adagradMonotone } from "./adagradMonotone.js";

const small = adagradMonotone.with({ dimension: 4, steps: 600 });

describe("adagrad-monotone", () => {
  it("holds: 1/√k before the gradients shrink, and RMSProp's step grows as they shrink", async () => {
    const { verdict, figures } = await runClaim(small, { seeds: 4 });
    expect(verdict.kind).toBe("holds");
    const value = (start: string) => figures.find(({ name }) => name.startsWith(start))?.value;
    expect(value("AdaGrad: power of k")).toBeCloseTo(-0.5, 1);
    // γv + (1 − γ)g² >= γv, so that no step size grows by more than 1/√γ; small gradients come near it.
    expect(value("RMSProp: largest relative")).toBeCloseTo(1 / Math.sqrt(0.9) - 1, 3);
    expect(value("RMSProp: largest relative")).toBeLessThanOrEqual(1 / Math.sqrt(0.9) - 1 + 1e-12);
    // Step sizes go as 1/|g|, and gradients become a hundred times smaller.
    expect(verdict.effects[1]?.estimate).toBeGreaterThan(60);
    expect(verdict.effects[1]?.estimate).toBeLessThan(140);
  });

  it("does not hold for a rule that forgets", async () => {
    const { verdict } = await runClaim(small.with({ shrinking: "rmsprop" }), { seeds: 4 });
    expect(verdict.effects.map(({ kind }) => kind)).toEqual(["does not hold", "holds"]);
  });
});
