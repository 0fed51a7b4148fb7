import { createOptimizer, findOptimizer, parseOptimizerSpec } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import type { Landscape } from "./landscape.js";
import { reddi, reddiStochastic } from "./reddi.js";

const at = (values: ArrayLike<number>): number => values[0] ?? Number.NaN;

/** Where an optimizer of the registry ends with the landscape's hyper-parameters. */
function finalPointOf(landscape: Landscape, name: string, learningRate: number): number {
  const known = findOptimizer(name).hyper;
  const hyper = Object.entries(landscape.race.hyper).filter(([key]) => key in known);
  const optimizer = createOptimizer(
    { ...parseOptimizerSpec(name), hyper: { ...Object.fromEntries(hyper), lr: learningRate } },
    [{ name: "x", shape: [1], role: "other" }],
    { backend: "float64" },
  );
  const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
  x.set(landscape.start);
  for (let k = 1; k <= landscape.race.steps; k++) {
    landscape.gradient(x, gradient, k);
    optimizer.step();
    landscape.project?.(x);
  }
  return at(x);
}

/**
 * Adam and AMSGrad, transcribed in float64 from the lecture's formulas, with the landscape's
 * hyper-parameters.
 */
function finalPoint(landscape: Landscape, learningRate: number, keepLargest: boolean): number {
  const { steps, hyper } = landscape.race;
  const { beta1 = Number.NaN, beta2 = Number.NaN } = hyper;
  const x = [...landscape.start];
  const gradient = [0];
  let [m, v, largest] = [0, 0, 0];
  for (let k = 1; k <= steps; k++) {
    landscape.gradient(x, gradient, k);
    const g = at(gradient);
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const debiased = v / (1 - beta2 ** k);
    largest = Math.max(largest, debiased);
    const scale = Math.sqrt(keepLargest ? largest : debiased) + 1e-8;
    x[0] = at(x) - (learningRate * m) / (1 - beta1 ** k) / scale;
    landscape.project?.(x);
  }
  return at(x);
}

describe.each([
  { landscape: reddi, learningRates: [0.003, 0.01, 0.03, 0.1, 0.3] },
  { landscape: reddiStochastic, learningRates: [0.003, 0.01, 0.03] },
])("$landscape.name", ({ landscape, learningRates }) => {
  it("ends at the wrong end for Adam and at the right one for AMSGrad", () => {
    expect(learningRates).toContain(landscape.race.learningRate);
    for (const learningRate of learningRates) {
      const [adam, amsgrad] = [
        finalPointOf(landscape, "adam", learningRate),
        finalPointOf(landscape, "amsgrad", learningRate),
      ];
      expect(adam).toBeGreaterThan(0.9);
      expect(amsgrad).toBeLessThan(-0.9);
      expect(adam).toBeCloseTo(finalPoint(landscape, learningRate, false), 10);
      expect(amsgrad).toBeCloseTo(finalPoint(landscape, learningRate, true), 10);
    }
  });

  it("draws slopes whose mean is the slope of the value", () => {
    const count = 30_000;
    const out = [0];
    let sum = 0;
    for (let step = 1; step <= count; step++) {
      landscape.gradient([0], out, step);
      sum += at(out);
    }
    landscape.gradient([0], out);
    expect(Math.abs(sum / count - at(out))).toBeLessThan(0.06);
  });
});
