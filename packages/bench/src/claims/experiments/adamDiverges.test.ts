import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adamDiverges } from "./adamDiverges.js";

describe("adam-diverges", () => {
  const small = adamDiverges.with({ steps: 2000 });

  it("holds", async () => {
    const { verdict } = await runClaim(small, { seeds: 3 });
    expect(verdict.kind).toBe("holds");
  });

  it("does not hold where AMSGrad forgets like Adam, nor where Adam remembers like AMSGrad", async () => {
    const forgetful = await runClaim(small.with({ converging: "adam" }), { seeds: 3 });
    expect(forgetful.verdict.effects.map(({ kind }) => kind)).toEqual(["holds", "does not hold"]);
    const remembering = await runClaim(small.with({ failing: "amsgrad" }), { seeds: 3 });
    expect(remembering.verdict.effects.map(({ kind }) => kind)).toEqual(["does not hold", "holds"]);
  });

  it("is not about Adam's usual β₂, with which it converges", async () => {
    const { figures } = await runClaim(small, { seeds: 3 });
    const usual = figures.find(({ name }) => name === "distance of adam on reddi, β₂ = 0.999");
    expect(usual?.value).toBeLessThan(0.1);
  });
});
