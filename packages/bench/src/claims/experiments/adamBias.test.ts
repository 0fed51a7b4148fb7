import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adamBias } from "./adamBias.js";

const small = adamBias.with({ coordinates: 4000, steps: 12 });

describe("adam-bias", () => {
  it("holds, and the uncorrected averages are 1 − βᵏ of their expectations", async () => {
    const { verdict, figures } = await runClaim(small, { seeds: 3 });
    expect(verdict.kind).toBe("holds");
    const value = (name: string) => figures.find((figure) => figure.name === name)?.value;
    expect(value("uncorrected first moment, step 1")).toBeCloseTo(1 - 0.9, 2);
    expect(value("uncorrected first moment, step 10")).toBeCloseTo(1 - 0.9 ** 10, 1);
    expect(value("uncorrected second moment, step 1")).toBeCloseTo(1 - 0.999, 4);
    expect(value("uncorrected second moment, step 10")).toBeCloseTo(1 - 0.999 ** 10, 3);
  });

  it("does not hold for a rule without the correction", async () => {
    const { verdict } = await runClaim(small.with({ optimizer: "amsgrad:maximum=undebiased" }), { seeds: 3 });
    expect(verdict.kind).toBe("does not hold");
    expect(verdict.effects.map(({ kind }) => kind)).toEqual(["does not hold", "does not hold", "holds"]);
  });
});
