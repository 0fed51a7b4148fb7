import { describe, expect, it } from "vitest";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import type { ParameterSpec } from "../../src/parameter.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import type { Backend } from "../forms.js";
import { flatten, initialise } from "../gradients.js";
import { after as afterSteps, runSteps } from "../runs.js";

const matrices: readonly ParameterSpec[] = [
  { name: "wide", shape: [4, 7], role: "hiddenMatrix" },
  { name: "tall", shape: [9, 3], role: "hiddenMatrix" },
  { name: "square", shape: [5, 5], role: "hiddenMatrix" },
  { name: "row", shape: [1, 6], role: "hiddenMatrix" },
];

const after = (text: string, backend: Backend, steps: number) => afterSteps(text, backend, steps, matrices);

const error = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));

/** Two names of one update; how many steps they agree for. */
const identities = [
  // The lecture's derivation of Muon: without accumulation (GGᵀ)^(−1/4) G (GᵀG)^(−1/4) = UVᵀ. Steps 3 and 8
  // have zero gradients.
  ["shampoo:beta=0,eps=0,lr=0.02", "muon:method=svd,momentum=0,nesterov=false,scale=none", 9],
  ["muon:momentum=0", "muon:momentum=0,nesterov=false", 9],
  ["muon:preset=torch,weightDecay=0,lr=0.02", "muon", 9],
  // A sum of first statistics is their corrected mean.
  ["distributed-shampoo:beta2=1,eps=1e-6", "distributed-shampoo:beta2=0.9,eps=1e-6", 1],
  // Blocks that hold the whole matrix.
  ["distributed-shampoo:blockSize=9,eps=1e-6", "distributed-shampoo:blockSize=100,eps=1e-6", 9],
  // Before its start a grafted method is the method.
  ["distributed-shampoo:start=100,grafting=adam,lr=0.001,graftingBeta2=0.999", "adam", 9],
  ["distributed-shampoo:start=100,grafting=sgd,beta1=0", "sgd:lr=0.01", 9],
] as const;

describe.each(["float64", "wasm"] as const)("on %s", (backend) => {
  it.each(identities)("%s is %s for %i steps", (left, right, steps) => {
    const [a, b] = [after(left, backend, steps), after(right, backend, steps)];
    expect(error(a, b)).toBeLessThan(backend === "wasm" ? 1e-4 : 1e-9);
  });

  it("differs where a form differs: no identity above holds for want of effect", () => {
    for (const [left, right] of [
      ["shampoo:beta=0.5", "shampoo"],
      ["shampoo", "muon"],
      ["muon:method=svd", "muon"],
      ["muon:method=polarExpress", "muon:method=svd"],
      ["muon:scale=rms", "muon"],
      ["muon:nesterov=false", "muon"],
      ["distributed-shampoo:blockSize=3,eps=1e-6", "distributed-shampoo:eps=1e-6"],
      ["distributed-shampoo:grafting=adam,eps=1e-6", "distributed-shampoo:eps=1e-6"],
      ["distributed-shampoo:nadam=true,eps=1e-6", "distributed-shampoo:eps=1e-6"],
      ["distributed-shampoo:preconditioner=correctedEigenvalues,eps=1e-6", "distributed-shampoo:eps=1e-6"],
      ["distributed-shampoo:frequency=3,eps=1e-6", "distributed-shampoo:eps=1e-6"],
      ["soap:frequency=2", "soap"],
      ["soap:largestAxis=3", "soap"],
    ] as const)
      expect(error(after(left, backend, 9), after(right, backend, 9)), `${left} / ${right}`).toBeGreaterThan(
        1e-5,
      );
  });

  it("keeps a preconditioned direction's size to the method that it is grafted from", () => {
    const moved = (text: string): number => {
      const before = createOptimizer(parseOptimizerSpec("sgd"), matrices, { backend });
      initialise(before);
      const start = flatten(before);
      return Math.hypot(...after(text, backend, 1).map((value, index) => value - (start[index] ?? 0)));
    };
    const grafted = moved("distributed-shampoo:grafting=sgd,eps=1e-6");
    expect(Math.abs(grafted / moved("sgd:lr=0.01") - 1)).toBeLessThan(1e-4);
  });
});

describe("bad input", () => {
  it("names what is expected", () => {
    expect(() => parseOptimizerSpec("distributed-shampoo:blockSize=0")).toThrow(/blockSize.*integer >= 1/);
    expect(() => parseOptimizerSpec("distributed-shampoo:graftingEps=1")).toThrow(/no effect/);
    expect(() => parseOptimizerSpec("soap:factorBeta=1")).toThrow(/factorBeta < 1/);
    expect(() => parseOptimizerSpec("muon:method=svd,steps=3")).toThrow(/no effect/);
    expect(() => parseOptimizerSpec("muon:steps=0")).toThrow(/integer >= 1/);
  });

  it("gives a vector to Muon's companion", () => {
    const vector: readonly ParameterSpec[] = [{ name: "x", shape: [5], role: "hiddenMatrix" }];
    const results = ["muon:adamLr=0.01", "adamw:lr=0.01,beta2=0.95,eps=1e-10,weightDecay=0"].map((text) => {
      const optimizer = createOptimizer(parseOptimizerSpec(text), vector);
      initialise(optimizer);
      runSteps(optimizer, 1, 5);
      return flatten(optimizer);
    });
    expect(results[0]).toEqual(results[1]);
  });
});
