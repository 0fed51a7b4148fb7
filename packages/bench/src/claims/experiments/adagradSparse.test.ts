import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adagradSparse } from "./adagradSparse.js";

const small = adagradSparse.with({ dimension: 100, words: 5, steps: 600, testCount: 400 });

describe("adagrad-sparse", () => {
  it("finds AdaGrad better, and its step sizes falling nearly as one over the root of the occurrences", async () => {
    const { verdict, figures } = await runClaim(small, { seeds: 4 });
    expect(verdict.effects[0]?.estimate).toBeGreaterThan(1);
    const exponent = figures.find(({ name }) => name.startsWith("AdaGrad: power"))?.value;
    expect(exponent).toBeGreaterThan(-0.5);
    expect(exponent).toBeLessThan(-0.3);
  });

  it("does not hold where SGD takes AdaGrad's place: all features have one step size", async () => {
    const { verdict } = await runClaim(small.with({ adaptive: "sgd" }), { seeds: 2 });
    const [excess, rare] = verdict.effects;
    expect(excess).toMatchObject({ estimate: 1, kind: "does not hold" });
    expect(rare?.estimate).toBeCloseTo(1, 5);
    expect(rare?.kind).toBe("does not hold");
  });
});
