import { describe, expect, it } from "vitest";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { goldenTolerance, readGolden, replay } from "./golden.js";
import { matrixCases } from "./matrixCases.js";

/*
 * Replays of the originals on matrices. Where an original itself changes by `noise` when its inputs change by
 * 4e-16 (inverse roots of statistics without full rank, damped by almost nothing), float32 inputs change it
 * by as much more as their rounding is coarser.
 */

const recordedPerturbation = 4e-16;
const float32Rounding = 2 ** -24;

describe.each(Object.entries(matrixCases))("%s", (name, spec) => {
  const golden = readGolden(name);
  const parameters = golden.params.map(({ name: parameter, shape }) => ({
    ...{ name: parameter, shape },
    role: shape.length > 2 ? ("convolution" as const) : ("hiddenMatrix" as const),
  }));
  it("is replayed in float64 to the recording's own precision", () => {
    const optimizer = createOptimizer(spec(golden), parameters, { backend: "float64" });
    expect(replay(optimizer, golden)).toBeLessThanOrEqual(goldenTolerance(golden));
  });
  it("is replayed in float32 within 1e-4 of the trajectory's scale", () => {
    const optimizer = createOptimizer(spec(golden), parameters, { backend: "wasm" });
    const tolerance = Math.max(1e-4, (golden.noise / recordedPerturbation) * float32Rounding);
    expect(replay(optimizer, golden)).toBeLessThanOrEqual(tolerance);
  });
});
