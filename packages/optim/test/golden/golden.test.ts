import { describe, expect, it } from "vitest";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { cases, groupsOf } from "./cases.js";
import { closureCases } from "./closureCases.js";
import {
  fixtureText,
  type Golden,
  goldenNames,
  goldenTolerance,
  readGolden,
  replay,
  sharedGoldens,
} from "./golden.js";
import { matrixCases } from "./matrixCases.js";

/** Cases of averages of given weights, which averages.test.ts replays. */
const averageCases = ["lawa-queue-k3", "lawa-ema-as-submitted", "lawa-ema-float-beta"];

const parametersOf = (golden: Golden) =>
  golden.params.map(({ name, shape }) => ({ name, shape, role: "other" as const }));

describe.each(Object.entries(cases))("%s", (name, spec) => {
  const golden = readGolden(name);
  it("is replayed by the float64 reference to the recording's own precision", () => {
    const optimizer = createOptimizer(spec(golden), parametersOf(golden), {
      backend: "float64",
      groups: groupsOf(golden),
    });
    expect(replay(optimizer, golden)).toBeLessThanOrEqual(goldenTolerance(golden));
  });
  it("is replayed by the fused float32 kernel within 2e-5 of the trajectory's scale", () => {
    const optimizer = createOptimizer(spec(golden), parametersOf(golden), {
      backend: "wasm",
      groups: groupsOf(golden),
    });
    expect(replay(optimizer, golden)).toBeLessThanOrEqual(2e-5);
  });
});

describe("the copies", () => {
  it("are all replayed", () => {
    expect(
      [
        ...Object.keys(cases),
        ...Object.keys(matrixCases),
        ...Object.keys(closureCases),
        ...averageCases,
      ].sort(),
    ).toEqual([...goldenNames].sort());
  });

  const shared = sharedGoldens();
  if (shared === undefined)
    process.stderr.write(
      "skipped: ../shared/golden is not there, so the copied recordings are not compared with it\n",
    );
  /** Recordings that are not copied, and why. */
  const notCopied = {
    "nadam-torch113":
      "a mistake of torch 1.13.1: its single-tensor NAdam multiplies μ into the product twice; torch 2.0 does not, nor do we",
  };
  it.skipIf(shared === undefined)("are all of ../shared/golden but those with a reason", () => {
    for (const name of goldenNames) expect(fixtureText(name), name).toBe(shared?.get(name));
    expect([...(shared?.keys() ?? [])].sort()).toEqual([...goldenNames, ...Object.keys(notCopied)].sort());
  });
});
