import { describe, expect, it } from "vitest";
import type { Optimizer } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { carried } from "../runs.js";
import { cases } from "./cases.js";
import { type Golden, goldenNames, goldenTolerance, readGolden, replay, trajectoryScale } from "./golden.js";

/*
 * What recordings hold beside the parameters: estimates of the distance to the solution, the weights to
 * evaluate with, the sequence z.
 */

const goldens = goldenNames.map(readGolden);
const build = (golden: Golden, backend: "float64" | "wasm"): Optimizer => {
  const spec = cases[golden.name];
  if (spec === undefined) throw new Error(`${golden.name} is not in the table of cases`);
  const parameters = golden.params.map(({ name, shape }) => ({ name, shape, role: "other" as const }));
  return createOptimizer(spec(golden), parameters, { backend });
};

describe.each(goldens.filter(({ expected_d }) => expected_d !== undefined))("$name", (golden) => {
  it.each([
    ["float64", goldenTolerance(golden)],
    ["wasm", 1e-4],
  ] as const)("has the recorded estimates of the distance, in %s", (backend, tolerance) => {
    const optimizer = build(golden, backend);
    let compared = 0;
    replay(optimizer, golden, (step) => {
      const expected = golden.expected_d?.[step]?.[0]?.[0];
      if (expected === undefined) return;
      compared++;
      expect(Math.abs(carried(optimizer, "d") / expected - 1)).toBeLessThanOrEqual(tolerance);
    });
    expect(compared).toBe(Object.keys(golden.expected_d ?? {}).length);
  });
});

/** The largest error of arrays, one a parameter, relative to the trajectory's scale. */
const errorOf = (
  golden: Golden,
  expected: readonly (readonly number[])[],
  found: (name: string) => ArrayLike<number>,
): number =>
  Math.max(
    ...golden.params.flatMap(({ name }, p) => {
      const values = found(name);
      return (expected[p] ?? []).map((value, i) => Math.abs((values[i] ?? Number.NaN) - value));
    }),
  ) / trajectoryScale(golden);

describe.each(goldens.filter(({ expected_eval }) => expected_eval !== undefined))("$name", (golden) => {
  it.each([
    ["float64", goldenTolerance(golden)],
    ["wasm", 2e-5],
  ] as const)("is evaluated at the recorded average, in %s", (backend, tolerance) => {
    const optimizer = build(golden, backend);
    let compared = 0;
    replay(optimizer, golden, (step) => {
      const [average, z] = [golden.expected_eval?.[step], golden.expected_z?.[step]];
      if (average === undefined) return;
      compared++;
      optimizer.enterEvaluation();
      expect(errorOf(golden, average, (name) => optimizer.evaluationParameter(name))).toBeLessThanOrEqual(
        tolerance,
      );
      optimizer.leaveEvaluation();
      if (z === undefined) return;
      const { tensors } = optimizer.saveState();
      const kept = (name: string) => Array.from(tensors.get(`${name}/z`)?.data ?? [], Number);
      expect(errorOf(golden, z, kept)).toBeLessThanOrEqual(tolerance);
    });
    expect(compared).toBe(Object.keys(golden.expected_eval ?? {}).length);
  });
});
