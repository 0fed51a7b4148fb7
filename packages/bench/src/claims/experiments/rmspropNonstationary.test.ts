import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { rmspropNonstationary } from "./rmspropNonstationary.js";

const small = rmspropNonstationary.with({ dimension: 4, period: 150, periods: 6 });

describe("rmsprop-nonstationary", () => {
  it("finds RMSProp better where scales change", async () => {
    const { verdict } = await runClaim(small, { seeds: 6 });
    expect(verdict.effects[1]).toMatchObject({ kind: "holds" });
    expect(verdict.effects[1]?.estimate).toBeGreaterThan(1.5);
  });

  it("does not hold where AdaGrad takes RMSProp's place", async () => {
    const { verdict } = await runClaim(small.with({ adaptive: "adagrad" }), { seeds: 2 });
    expect(verdict.effects.map(({ estimate, kind }) => [estimate, kind])).toEqual([
      [1, "does not hold"],
      [1, "does not hold"],
    ]);
  });
});
