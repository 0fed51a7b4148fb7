import { type OptimizerSpec, parseOptimizerSpec } from "@steepest/optim";
import { race } from "@steepest/train";
import { findLandscape } from "@steepest/workloads";
import { describe, expect, it } from "vitest";
import { raceRange, type TunedRacer, tuneRace } from "./tuneRace.js";

const landscape = findLandscape("rosenbrock");
const tune = (texts: readonly string[], points = 9, steps = 200): readonly TunedRacer[] => [
  ...tuneRace(landscape, texts.map(parseOptimizerSpec), points, { steps }),
];
const finalValue = (spec: OptimizerSpec, settings: object): number =>
  [...race(landscape, [spec], { steps: 200, ...settings })][0]?.finalValue ?? Number.NaN;

describe("tuneRace", () => {
  it("gives every method as many runs, and the same answers each time", () => {
    const names = ["gd", "adam", "adadelta", "muon", "sam", "lbfgs"];
    const found = tune(names);
    expect(found.map(({ label }) => label)).toEqual(names);
    expect(new Set(found.map(({ runs }) => runs))).toEqual(new Set([9]));
    expect(tune(names)).toEqual(found);
  });

  it("does better than the landscape's learning rate, with which gradient descent diverges", () => {
    for (const name of ["gd", "adam", "adagrad"]) {
      const spec = parseOptimizerSpec(name);
      const [found] = tune([name]);
      const usual = finalValue(spec, {});
      const tuned = finalValue(spec, { tuned: { [name]: found?.learningRate } });
      expect(Number.isFinite(tuned)).toBe(true);
      expect(tuned < usual || !Number.isFinite(usual)).toBe(true);
    }
  });

  it("finds the step size of gradient descent on a quadratic: the best is near 2/(L + μ)", () => {
    const quadratic = findLandscape("quadratic");
    const [found] = tuneRace(quadratic, [parseOptimizerSpec("gd")], 60, { steps: 100, threshold: 1e-30 });
    // Curvatures from the gradient along each axis at a unit step from the minimiser.
    const gradient = quadratic.start.map(() => 0);
    const curvatures = quadratic.start.map((_, i) => {
      const at = (quadratic.minimisers[0] ?? []).map((value, j) => value + (i === j ? 1 : 0));
      quadratic.gradient(at, gradient);
      return gradient[i] ?? Number.NaN;
    });
    const best = 2 / (Math.max(...curvatures) + Math.min(...curvatures));
    expect(Math.abs(Math.log((found?.learningRate ?? Number.NaN) / best))).toBeLessThan(0.15);
  });

  it("leaves what is given and what has no learning rate, without a run", () => {
    expect(tune(["adam:lr=0.5", "gd-wolfe"])).toEqual([
      { label: "adam:lr=0.5", runs: 0 },
      { label: "gd-wolfe", runs: 0 },
    ]);
  });

  it("seeks factors where steps find themselves, and stays within half a decade of the ranges", () => {
    for (const [name, isFactor] of [
      ["adadelta", true],
      ["adam", false],
    ] as const) {
      const { min, max } = raceRange({ isFactor });
      const [found] = tune([name], 1);
      expect(found?.runs).toBe(1);
      expect(found?.learningRate).toBeGreaterThan(min / 4);
      expect(found?.learningRate).toBeLessThan(max * 4);
    }
  });

  it("says nothing of a method that diverges at every learning rate", () => {
    const cliff = { ...landscape, value: (x: ArrayLike<number>) => (x[0] === -2 ? 1 : Number.NaN) };
    expect([...tuneRace({ ...cliff, start: [-2, 2] }, [parseOptimizerSpec("adam")], 3)]).toEqual([
      { label: "adam", runs: 3 },
    ]);
  });
});
