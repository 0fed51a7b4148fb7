import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { muonIsShampoo } from "./muonIsShampoo.js";

const methods = {
  shampoo: "shampoo:beta=0,eps=0",
  exact: "muon:method=svd,momentum=0,nesterov=false,scale=none",
  iterated: "muon:momentum=0,nesterov=false,scale=none",
};
const kinds = async (changes: Partial<typeof methods>) => {
  const { verdict } = await runClaim(muonIsShampoo.with({ methods: { ...methods, ...changes } }), {
    seeds: 3,
  });
  return verdict.effects.map(({ kind }) => kind);
};

describe("muon-is-shampoo", () => {
  it("holds", async () => {
    expect(await kinds({})).toEqual(["holds", "holds", "holds"]);
  });

  it("does not hold with damping or accumulation in Shampoo, nor with too few steps or another scale in Muon", async () => {
    expect(await kinds({ shampoo: "shampoo:beta=0,eps=0.01" })).toEqual(["does not hold", "holds", "holds"]);
    expect(await kinds({ shampoo: "shampoo:beta=0.5,eps=0" })).toEqual(["does not hold", "holds", "holds"]);
    expect(await kinds({ exact: "muon:method=svd,momentum=0,nesterov=false,scale=rms" })).toEqual([
      "holds",
      "does not hold",
      "holds",
    ]);
    expect(await kinds({ iterated: "muon:steps=2,momentum=0,nesterov=false,scale=none" })).toEqual([
      "holds",
      "holds",
      "does not hold",
    ]);
  });
});
