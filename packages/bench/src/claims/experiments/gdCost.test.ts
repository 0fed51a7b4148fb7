import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { gdCost } from "./gdCost.js";

const small = gdCost.with({ dimension: 4, counts: [16, 64, 256], iterations: 3 });

describe("gd-cost", () => {
  it("holds, with 2d multiplications for a sample's gradient", async () => {
    const { verdict, charts, figures, caveat } = await runClaim(small, { seeds: 2 });
    expect(verdict.kind).toBe("holds");
    // Time is named as what it is: measured, beside what decides.
    for (const { quantity } of verdict.effects) expect(quantity).toContain("multiplications");
    expect(figures[1]?.name).toBe("measured time: power of n from 64 to 256, gradient descent");
    expect(caveat).toContain(`${Number(figures[0]?.value.toPrecision(3))} [`);
    expect(verdict.effects.map(({ estimate }) => estimate)).toEqual([expect.closeTo(1, 12), 0]);
    const [gd, sgd] = charts[0]?.series ?? [];
    expect(gd?.y).toEqual([16, 64, 256].map((count) => expect.closeTo(2 * 4 * count, 9)));
    expect(sgd?.y).toEqual([16, 64, 256].map(() => expect.closeTo(2 * 4, 9)));
  });

  it("does not hold where SGD takes all samples", async () => {
    const { verdict } = await runClaim(small.with({ samplesAStep: "all" }), { seeds: 2 });
    expect(verdict.effects.map(({ kind }) => kind)).toEqual(["holds", "does not hold"]);
  });
});
