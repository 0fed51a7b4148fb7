import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { gdCost } from "./gdCost.js";

const small = gdCost.with({ dimension: 4, counts: [16, 64, 256], iterations: 3 });

describe("gd-cost", () => {
  it("holds, with 2d multiplications for a sample's gradient", async () => {
    const { verdict, charts } = await runClaim(small, { seeds: 2 });
    expect(verdict.kind).toBe("holds");
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
