import { describe, expect, it } from "vitest";
import type { ParameterSpec } from "../parameter.js";
import { parseOptimizerSpec } from "../spec.js";
import { createOptimizer } from "./createOptimizer.js";
import { matrixDecayGroups } from "./decay.js";

const parameters: readonly ParameterSpec[] = [
  { name: "gain", shape: [3], role: "norm" },
  { name: "matrix", shape: [2, 3], role: "hiddenMatrix" },
  { name: "scalar", shape: [], role: "other" },
  { name: "kernel", shape: [2, 1, 3], role: "convolution" },
];

/** Where 1s go in three steps without gradients: what is left is decay alone. */
function decayed(text: string): Readonly<Record<string, number>> {
  const spec = parseOptimizerSpec(text);
  const groups = matrixDecayGroups(spec, parameters);
  const optimizer = createOptimizer(spec, parameters, { backend: "float64", groups });
  for (const { name } of parameters) optimizer.parameter(name).fill(1);
  for (let k = 0; k < 3; k++) optimizer.step();
  return Object.fromEntries(parameters.map(({ name }) => [name, optimizer.parameter(name)[0] ?? Number.NaN]));
}

describe("matrixDecayGroups", () => {
  it.each([
    ["adamw:lr=0.1,weightDecay=0.5", (1 - 0.1 * 0.5) ** 3],
    ["sgd:lr=0.1,weightDecay=0.5", (1 - 0.1 * 0.5) ** 3],
    ["lion:lr=0.1,weightDecay=0.5", (1 - 0.1 * 0.5) ** 3],
    ["muon:lr=0.1,weightDecay=0.5,method=svd", (1 - 0.1 * 0.5) ** 3],
    ["weight-ema:base=adamw,lr=0.1,weightDecay=0.5", (1 - 0.1 * 0.5) ** 3],
  ])("leaves vectors and scalars of %s undecayed", (text, left) => {
    const { gain, scalar, matrix } = decayed(text);
    expect(gain).toBe(1);
    expect(scalar).toBe(1);
    expect(matrix).toBeCloseTo(left, 12);
  });

  it("decays kernels as matrices", () => {
    expect(decayed("adamw:lr=0.1,weightDecay=0.5").kernel).toBeCloseTo(0.95 ** 3, 12);
  });

  it("makes no groups where nothing is decayed, or nothing is to be spared", () => {
    for (const text of ["adam", "adamw:weightDecay=0", "lbfgs", "rprop"])
      expect(matrixDecayGroups(parseOptimizerSpec(text), parameters)).toEqual([]);
    const matrices = parameters.filter(({ shape }) => shape.length >= 2);
    expect(matrixDecayGroups(parseOptimizerSpec("adamw"), matrices)).toEqual([]);
  });
});
