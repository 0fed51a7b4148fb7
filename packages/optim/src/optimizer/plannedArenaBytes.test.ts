import { describe, expect, test } from "vitest";
import { createClosureOptimizer } from "../closure/optimizer.js";
import { SteepestError } from "../errors.js";
import { elementCount, type ParameterSpec } from "../parameter.js";
import { optimizerOf, registry } from "../registry.js";
import { type OptimizerSpec, parseOptimizerSpec } from "../spec.js";
import type { ArenaBytes, OptimizerConfig } from "./config.js";
import { createOptimizer, plannedArenaBytes } from "./createOptimizer.js";

/** A matrix wider than tall, one larger than a WebAssembly page, a convolution, and what is no matrix. */
const parameters: readonly ParameterSpec[] = [
  { name: "embedding", shape: [65, 24], role: "embedding" },
  { name: "hidden", shape: [96, 192], role: "hiddenMatrix" },
  { name: "convolution", shape: [6, 3, 5, 5], role: "convolution" },
  { name: "bias", shape: [33], role: "bias" },
  { name: "scale", shape: [], role: "norm" },
];

const build = (spec: OptimizerSpec, config: OptimizerConfig) =>
  optimizerOf(spec).kind === "closure"
    ? createClosureOptimizer(spec, parameters, config)
    : createOptimizer(spec, parameters, config);

/** What is really there: the memory itself, and the arrays that it holds. */
function found(optimizer: ReturnType<typeof build>): Pick<ArenaBytes, "parameters" | "gradients" | "total"> {
  const sum = (view: (name: string) => { readonly byteLength: number }) =>
    parameters.reduce((bytes, { name }) => bytes + view(name).byteLength, 0);
  return {
    parameters: sum((name) => optimizer.parameter(name)),
    gradients: sum((name) => optimizer.gradient(name)),
    total: optimizer.memory.byteLength,
  };
}

describe.each(registry.map(({ name }) => name))("the planned arena of %s", (name) => {
  const spec = parseOptimizerSpec(name);
  const closure = optimizerOf(spec).kind === "closure";
  const configurations: readonly OptimizerConfig[] = [
    {},
    closure
      ? { backend: "float64", extraBytes: 1000 }
      : { accumulate: 2, clip: { globalNorm: 1, value: 0.5 }, groups: [{ roles: ["bias"] }], extraBytes: 1 },
  ];
  test.each(configurations)("is the one that is built, with %o", (config) => {
    const planned = plannedArenaBytes(spec, parameters, config);
    const optimizer = build(spec, config);
    expect(planned).toEqual(optimizer.arenaBytes);
    expect(planned).toMatchObject(found(optimizer));
    // Slots as the registry declares them, in elements of this precision.
    const bytes = config.backend === "float64" ? 2 : 1;
    expect(planned.state).toBe(bytes * optimizerOf(spec).stateBytes(parameters, spec));
  });
});

test("what is saved of AdamW and Shampoo is the state that was planned", () => {
  for (const text of ["adamw", "shampoo"]) {
    const { tensors } = createOptimizer(parseOptimizerSpec(text), parameters).saveState();
    const bytes = [...tensors.values()].reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
    expect(plannedArenaBytes(parseOptimizerSpec(text), parameters).state).toBe(bytes);
  }
});

test("seventy billion parameters are planned without a byte of them", () => {
  const spec = parseOptimizerSpec("adamw");
  const huge: readonly ParameterSpec[] = [{ name: "w", shape: [70_000, 1_000_000], role: "hiddenMatrix" }];
  const { parameters: own, state } = plannedArenaBytes(spec, huge);
  expect([own, state]).toEqual([280e9, 560e9]);
  expect(() => createOptimizer(spec, huge)).toThrow(/more than one WebAssembly memory/);
});

test.each([
  ["adamw", { lr: -1 }],
  ["muon", { momentum: 2 }],
  ["sam", { radius: -1 }],
])("%s with %o is refused as it is when it is built", (name, hyper) => {
  const spec = { name, hyper, options: {} };
  const refusal = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };
  const refused = refusal(() => build(spec, {}));
  expect(refused).toBeInstanceOf(SteepestError);
  expect(refusal(() => plannedArenaBytes(spec, parameters))).toEqual(refused);
});
