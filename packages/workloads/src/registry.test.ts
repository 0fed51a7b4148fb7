import { initialiseParameters, mlp } from "@steepest/nn";
import { createOptimizer, parseOptimizerSpec } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { imageClassifier } from "./classification/classifier.js";
import { drawShapes } from "./images/procedural.js";
import { findWorkload, workloads } from "./registry.js";
import { measuredTargets } from "./targets/measured.js";

describe("findWorkload", () => {
  it("finds every workload by its name", () => {
    for (const workload of workloads) expect(findWorkload(workload.name)).toBe(workload);
    expect(workloads.map(({ name }) => name)).toContain("fashion-mnist");
  });

  it("finds held-out variants, which are not listed among their bases", () => {
    const variants = workloads.flatMap(({ heldOut = [] }) => heldOut);
    for (const variant of variants) expect(findWorkload(variant.name)).toBe(variant);
    expect(workloads.filter(({ base }) => base !== undefined)).toEqual([]);
    const names = [...workloads, ...variants].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    // The targets of speedruns are set by their rules, those of benches with their variants are measured.
    expect(Object.keys(measuredTargets)).toEqual(
      workloads.flatMap(({ name, heldOut = [] }) =>
        heldOut.length === 0 ? [] : [name, ...heldOut.map((variant) => variant.name)],
      ),
    );
    // Measured, none of them a guess.
    for (const { trials, repetitions, ranking } of Object.values(measuredTargets)) {
      expect(Math.min(trials, repetitions)).toBeGreaterThanOrEqual(10);
      expect(ranking.length).toBeGreaterThanOrEqual(2);
    }
  });

  it("suggests the nearest name", () => {
    expect(() => findWorkload("least-squares_equal-unit")).toThrow(
      /Did you mean "least-squares_equal-units"/,
    );
    expect(() => findWorkload("fasion-mnist")).toThrow(/"fasion-mnist".*Did you mean "fashion-mnist"/);
  });
});

describe("a workload and an optimizer of the registry", () => {
  it("learn together: with Adam the accuracy on images never seen rises from chance", async () => {
    const dataset = {
      ...drawShapes(11_000),
      source: "procedural",
      procedural: true,
      height: 28,
      width: 28,
      classes: 10,
      splits: {
        train: { start: 0, end: 9000 },
        validation: { start: 9000, end: 10_000 },
        test: { start: 10_000, end: 11_000 },
      },
    };
    const workload = imageClassifier(dataset, () => mlp([784, 100, 10]));
    expect(workload.parameterCount).toBe(79_510);
    const optimizer = createOptimizer(parseOptimizerSpec("adam:lr=0.001"), workload.parameters);
    const float32 = (view: Float32Array | Float64Array) =>
      view instanceof Float32Array ? view : expect.unreachable("float64");
    const views = {
      parameter: (name: string) => float32(optimizer.parameter(name)),
      gradient: (name: string) => float32(optimizer.gradient(name)),
    };
    initialiseParameters(workload.parameters, 0, views.parameter);
    const bound = await workload.bind(views, { batchSize: 128, seed: 0, threads: 1 });
    expect((await bound.evaluate("test")).accuracy).toBeLessThan(0.2);
    for (let step = 1; step <= 350; step++) {
      await bound.gradient(step);
      optimizer.step();
    }
    expect((await bound.evaluate("test")).accuracy).toBeGreaterThan(0.55);
    await bound.release();
  });
});
