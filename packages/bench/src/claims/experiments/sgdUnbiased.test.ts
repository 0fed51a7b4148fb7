import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { sgdUnbiased } from "./sgdUnbiased.js";

const small = sgdUnbiased.with({ count: 60, dimension: 5, draws: [1, 16, 256, 4096], repeats: 25 });

describe("sgd-unbiased", () => {
  it("holds, with an error that falls as 1/√m", async () => {
    const { verdict, figures } = await runClaim(small, { seeds: 8 });
    expect(verdict.kind).toBe("holds");
    expect(figures[0]?.value).toBeCloseTo(-0.5, 1);
    expect(figures[1]?.value).toBeGreaterThan(0.1);
  });

  it("does not hold where half of the samples is never drawn", async () => {
    const { verdict } = await runClaim(small.with({ drawn: "first half" }), { seeds: 8 });
    expect(verdict.effects.map(({ kind }) => kind)).toEqual(["holds", "does not hold"]);
    // The bias stays, and so the error stops to fall.
    expect(verdict.effects[1]?.estimate).toBeGreaterThan(2);
  });
});
