import { describe, expect, it } from "vitest";
import type { OptimizerConfig } from "../../../src/optimizer/config.js";
import { createOptimizer } from "../../../src/optimizer/createOptimizer.js";
import type { ParameterSpec } from "../../../src/parameter.js";
import { registry } from "../../../src/registry.js";
import { parseOptimizerSpec } from "../../../src/spec.js";
import { backends } from "../../forms.js";
import { awkwardParameters, fillGradients, flatten, initialise } from "../../gradients.js";
import { vector } from "../../objectives.js";
import { build } from "./methods.js";

describe.each(backends)("SAM on %s", (backend) => {
  const bases = registry.flatMap((entry) => {
    if (entry.kind !== "rule" || entry.over !== undefined) return [];
    const { evaluation } = entry.rule.body(entry.choose({}).options);
    return evaluation === undefined ? [entry.name] : [];
  });
  it.each(bases)("with radius 0 over %s is its base, to the bit", (base) => {
    const wrapped = build(`sam:base=${base},radius=0`, backend, awkwardParameters);
    const alone = createOptimizer(parseOptimizerSpec(base), awkwardParameters, { backend });
    for (const each of [wrapped, alone]) initialise(each);
    for (let k = 1; k <= 12; k++) {
      wrapped.step(() => {
        fillGradients(wrapped, k);
        return 1;
      });
      fillGradients(alone, k);
      alone.step();
    }
    expect(flatten(wrapped)).toEqual(flatten(alone));
  });

  it("takes the gradient at x + ρ g/‖g‖ over all parameters, a of them in turn, and steps from x", () => {
    for (const ascents of [1, 2]) {
      const two: readonly ParameterSpec[] = [
        { name: "a", shape: [2], role: "other" },
        { name: "b", shape: [1], role: "bias" },
      ];
      const spec = `sam:base=sgd,radius=0.5,lr=0.1,ascentSteps=${ascents}`;
      const optimizer = build(spec, backend, two);
      const curvatures = [1, 3, 0.5];
      const start = [1, -2, 3];
      optimizer.parameter("a").set(start.slice(0, 2));
      optimizer.parameter("b").set(start.slice(2));
      const slopes = (x: readonly number[]) => x.map((value, i) => value * (curvatures[i] ?? 0));
      optimizer.step(() => {
        const gradient = slopes(flatten(optimizer));
        optimizer.gradient("a").set(gradient.slice(0, 2));
        optimizer.gradient("b").set(gradient.slice(2));
        return 1;
      });
      let uphill = start;
      for (let ascent = 0; ascent < ascents; ascent++) {
        const gradient = slopes(uphill);
        const norm = Math.hypot(...gradient);
        uphill = uphill.map((value, i) => value + (0.5 * (gradient[i] ?? 0)) / norm);
      }
      const expected = slopes(uphill).map((slope, i) => (start[i] ?? 0) - 0.1 * slope);
      for (const [i, value] of flatten(optimizer).entries())
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, backend === "wasm" ? 6 : 14);
    }
  });

  it("has the base's groups, clipping, schedule and policies", () => {
    const config: OptimizerConfig = {
      groups: [{ roles: ["bias"], hyper: { lr: 0.1 } }],
      clip: { globalNorm: 0.5 },
      schedule: (step) => 1 / step,
      nonFinite: "skip",
    };
    const wrapped = build("sam:base=adam,radius=0", backend, awkwardParameters, config);
    const alone = createOptimizer(parseOptimizerSpec("adam"), awkwardParameters, { backend, ...config });
    for (const each of [wrapped, alone]) initialise(each);
    for (let k = 1; k <= 5; k++) {
      const fill = (arrays: typeof wrapped | typeof alone): void => {
        fillGradients(arrays, k);
        if (k === 3) arrays.gradient("bias")[1] = Number.NaN;
        if (k === 4) arrays.gradient("bias")[1] = Number.NEGATIVE_INFINITY;
      };
      const report = wrapped.step(() => {
        fill(wrapped);
        return 1;
      });
      fill(alone);
      expect(report.applied).toBe(alone.step().applied);
      expect(report.evaluations).toBe(k === 3 || k === 4 ? 1 : 2);
    }
    expect(flatten(wrapped)).toEqual(flatten(alone));
  });

  it("measures gradients whose squares overflow", () => {
    const optimizer = build("sam:base=sgd,radius=1,lr=0", backend, vector(2));
    const large = backend === "wasm" ? 1e30 : 1e200;
    let farthest = 0;
    optimizer.step(() => {
      optimizer.gradient("x").set([3 * large, 4 * large]);
      farthest = Math.max(farthest, Math.hypot(...optimizer.parameter("x")));
      return 1;
    });
    expect(farthest).toBeCloseTo(1, 6);
  });
});
