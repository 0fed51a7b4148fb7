import { parseOptimizerSpec, registry, SteepestError } from "@steepest/optim";
import { findLandscape, landscapes } from "@steepest/workloads";
import { describe, expect, it } from "vitest";
import { type RaceOptions, race, type Trajectory } from "./race.js";

const run = (
  landscape: string,
  optimizers: readonly string[],
  options: RaceOptions = {},
): readonly Trajectory[] => [...race(findLandscape(landscape), optimizers.map(parseOptimizerSpec), options)];
const only = (landscape: string, optimizer: string, options: RaceOptions = {}): Trajectory => {
  const [trajectory] = run(landscape, [optimizer], options);
  if (trajectory === undefined) throw new Error("no trajectory");
  return trajectory;
};

describe("race", () => {
  it("is gradient descent, step by step", () => {
    const landscape = findLandscape("rosenbrock");
    const [steps, learningRate] = [50, 1e-4];
    const { coordinates, values } = only("rosenbrock", "gd", { steps, learningRate, start: [-1, 1.5] });
    const x = [-1, 1.5];
    const gradient = [0, 0];
    for (let k = 0; k <= steps; k++) {
      expect(coordinates[0]?.[k]).toBeCloseTo(x[0] ?? Number.NaN, 13);
      expect(coordinates[1]?.[k]).toBeCloseTo(x[1] ?? Number.NaN, 13);
      expect(values[k]).toBeCloseTo(landscape.value(x), 11);
      landscape.gradient(x, gradient);
      x.forEach((coordinate, i) => {
        x[i] = coordinate - learningRate * (gradient[i] ?? Number.NaN);
      });
    }
  });

  it("sends Adam to the wrong end of Reddi's interval and AMSGrad to the right one", () => {
    const [adam, amsgrad] = run("reddi", ["adam", "amsgrad"]);
    expect(adam?.point[0]).toBeGreaterThan(0.9);
    expect(amsgrad?.point[0]).toBeLessThan(-0.9);
    expect(adam?.outcome.kind).toBe("unsolved");
    expect(amsgrad?.outcome.kind).toBe("solved");
    for (const coordinate of adam?.coordinates[0] ?? []) expect(Math.abs(coordinate)).toBeLessThanOrEqual(1);
  });

  it("fills in the race's learning rate and the landscape's settings only where nothing else was asked for", () => {
    const hyper = (optimizer: string) =>
      only("reddi", optimizer, { learningRate: 0.02, steps: 1 }).spec.hyper;
    expect(hyper("adam")).toEqual({ beta1: 0, beta2: 1 / 17, lr: 0.02 });
    expect(hyper("adam:lr=0.5,beta2=0.9")).toEqual({ beta1: 0, beta2: 0.9, lr: 0.5 });
    expect(hyper("adam:preset=torch")).toEqual({ lr: 0.02 });
    expect(hyper("adadelta")).toEqual({});
    expect(hyper("gd-wolfe")).toEqual({});
    expect(only("rosenbrock", "adam").learningRate).toBe(0.003);
    expect(only("rosenbrock", "adam").learningRateIsFactor).toBe(false);
    expect(only("rosenbrock", "gd-wolfe", { steps: 1 }).learningRate).toBeUndefined();
  });

  it("says which values are the landscape's, and leaves the methods their own where asked to", () => {
    expect(only("reddi", "adam", { steps: 1 }).recommended).toEqual({ beta1: 0, beta2: 1 / 17 });
    expect(only("reddi", "adam:beta1=0.5", { steps: 1 }).recommended).toEqual({ beta2: 1 / 17 });
    expect(only("reddi", "gd", { steps: 1 }).recommended).toEqual({});
    const own = only("reddi", "adam", { recommendations: false });
    expect(own.spec.hyper).toEqual({ lr: 0.01 });
    expect(own).toMatchObject({ recommended: {}, endsWithin: true });
  });

  it("names the settings of the rule that stands in for a method on matrices", () => {
    expect(only("rosenbrock", "muon", { steps: 1 }).companionHyper).toMatchObject({
      beta1: 0.9,
      beta2: 0.95,
      eps: 1e-10,
    });
  });

  it("refuses a start outside the set, and a learning rate below 0 in the race's own words", () => {
    expect(() => only("reddi", "adam", { start: [5] })).toThrow(/\(5\) lies outside .*nearest point \(1\)/);
    expect(() => only("rosenbrock", "adam", { learningRate: -1 })).toThrow(/the race's learning rate/);
  });

  it("gives Sophia the diagonal of the Hessian: without memory or bounds it steps as Newton does", () => {
    const sophia =
      "sophia:beta1=0,beta2=0,gamma=1,clip=1e6,lr=1,weightDecay=0,interval=1,refresh=before,debias=false";
    const start = [-3.5, 3];
    const { coordinates } = only("styblinski-tang", sophia, { steps: 1, start });
    for (const [i, x] of start.entries())
      expect(coordinates[i]?.[1]).toBeCloseTo(x - (4 * x ** 3 - 32 * x + 5) / (12 * x ** 2 - 32), 6);
  });

  it("leaves Adadelta the factor of its step", () => {
    const factor = (optimizer: string) => {
      const { learningRate, learningRateIsFactor } = only("rosenbrock", optimizer, {
        learningRate: 0.02,
        steps: 1,
      });
      return { learningRate, learningRateIsFactor };
    };
    expect(factor("adadelta")).toEqual({ learningRate: 1, learningRateIsFactor: true });
    expect(factor("adadelta:lr=0.5")).toEqual({ learningRate: 0.5, learningRateIsFactor: true });
  });

  it("leaves every method that finds its step itself the factor, and lets a found learning rate win", () => {
    for (const factor of ["prodigy", "dadapt-sgd", "dadapt-adam", "schedule-free-prodigy", "lbfgs"])
      expect(only("rosenbrock", factor, { steps: 1 })).toMatchObject({
        learningRate: 1,
        learningRateIsFactor: true,
      });
    const tuned = { adam: 0.25, prodigy: 3, "sgd:lr=0.5": 9 };
    const rates = run("rosenbrock", ["adam", "prodigy", "sgd:lr=0.5", "gd"], { steps: 1, tuned });
    expect(rates.map(({ learningRate }) => learningRate)).toEqual([0.25, 3, 0.5, 0.003]);
  });

  it("gives the learning rate to the companion too, and says which rule moves the point", () => {
    const muon = only("rosenbrock", "muon", { steps: 20 });
    expect(muon.spec.hyper).toEqual({ lr: 0.003, adamLr: 0.003 });
    expect(muon.companion).toBe("AdamW");
    expect(only("rosenbrock", "distributed-shampoo", { steps: 1 }).companion).toBeUndefined();
    const adamw = only("rosenbrock", "adamw:beta2=0.95,eps=1e-10,weightDecay=0", { steps: 20 });
    const same = only("rosenbrock", "muon:weightDecay=0", { steps: 20 });
    expect(same.point[0]).toBeCloseTo(adamw.point[0] ?? Number.NaN, 12);
  });

  it("shows methods that average at the average, whose path lags behind the base's", () => {
    const average = only("rosenbrock", "weight-ema:base=adam,averageDecay=0.5", { steps: 3 });
    const base = only("rosenbrock", "adam", { steps: 3 });
    expect([average.averages, base.averages]).toEqual([true, undefined]);
    const [path, followed] = [average.coordinates[0] ?? [], base.coordinates[0] ?? []];
    expect(path[0]).toBe(followed[0]);
    const lag = (k: number) =>
      Math.abs((path[k] ?? 0) - (path[0] ?? 0)) / Math.abs((followed[k] ?? 0) - (path[0] ?? 0));
    for (const k of [2, 3]) expect(lag(k)).toBeLessThan(0.95);
  });

  it("takes a method that refuses to step from what is not finite as diverged", () => {
    const landscape = findLandscape("rosenbrock");
    const broken = {
      ...landscape,
      gradient(_: ArrayLike<number>, out: { [i: number]: number }) {
        out[0] = Number.NaN;
      },
    };
    for (const name of ["gd-wolfe", "lbfgs", "sam"]) {
      const [trajectory] = race(broken, [parseOptimizerSpec(name)], { steps: 5 });
      expect(trajectory?.outcome).toEqual({ kind: "diverged", step: 1 });
    }
  });

  it("reports divergence as a result, with everything before it finite", () => {
    const { outcome, values, coordinates, finalValue } = only("rosenbrock", "gd", {
      learningRate: 1,
      steps: 100,
    });
    expect(outcome.kind).toBe("diverged");
    expect(outcome.kind === "diverged" && values.length).toBe(outcome.kind === "diverged" && outcome.step);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(coordinates.every((kept) => kept.length === values.length && kept.every(Number.isFinite))).toBe(
      true,
    );
    expect(Number.isFinite(finalValue)).toBe(false);
  });

  it("finds the first step within the threshold", () => {
    const { outcome, values } = only("himmelblau", "gd-wolfe", { steps: 50 });
    if (outcome.kind !== "solved") throw new Error(`expected a solved race, found ${outcome.kind}`);
    expect(values[outcome.step]).toBeLessThanOrEqual(0.01);
    expect(values[outcome.step - 1]).toBeGreaterThan(0.01);
  });

  it("runs every optimizer on every landscape, twice to the same bits", () => {
    const everyone = registry.map(({ name }) => name);
    for (const { name } of landscapes) {
      const first = run(name, everyone, { steps: 30 });
      expect(first.map(({ label }) => label)).toEqual(everyone);
      expect(run(name, everyone, { steps: 30 })).toEqual(first);
    }
  });

  it("keeps as many coordinates as asked for", () => {
    const landscape = findLandscape("rosenbrock", { dimension: 10 });
    const [trajectory] = race(landscape, [parseOptimizerSpec("adam")], { steps: 5, coordinates: 2 });
    expect(trajectory?.coordinates).toHaveLength(2);
    expect(trajectory?.point).toHaveLength(10);
  });

  it.each<[string, RaceOptions, RegExp]>([
    ["adam", { steps: 0 }, /steps >= 1, found 0/],
    ["adam", { steps: 1.5 }, /found 1.5/],
    ["adam", { steps: 1e12 }, /do not fit into memory. Race at most \d+ steps/],
    ["adam", { start: [1] }, /2 coordinates, the start has 1/],
    ["adam", { start: [1, Number.NaN] }, /not finite/],
    ["adam", { threshold: 0 }, /threshold must be a number > 0/],
    ["adam", { learningRate: -1 }, /learning rate.*-1/],
  ])("refuses %s with %o", (optimizer, options, message) => {
    expect(() => only("rosenbrock", optimizer, options)).toThrow(SteepestError);
    expect(() => only("rosenbrock", optimizer, options)).toThrow(message);
  });

  it("refuses a race that would take hours", () => {
    const landscape = findLandscape("rosenbrock", { dimension: 100_000 });
    const long = () => [...race(landscape, [parseOptimizerSpec("adam")], { steps: 1e6, coordinates: 2 })];
    expect(long).toThrow(/1\.0e\+11 updates of a coordinate.*Race fewer steps \(100000 would do\)/);
  });

  it("refuses an optimizer that is named twice", () => {
    expect(() => run("rosenbrock", ["adam", "sgd", "adam"])).toThrow(/"adam" is in the race twice/);
  });
});
