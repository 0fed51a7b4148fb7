import { describe, expect, it } from "vitest";
import type { Optimizer, OptimizerConfig } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import { noise } from "../gradients.js";
import { carried } from "../runs.js";

/*
 * Schedule-Free methods at the ends of their interpolation, where they are older methods; and estimates of
 * the distance that have nothing to go by.
 */

const size = 5;
const steps = 30;
const start = Array.from({ length: size }, (_, i) => Math.cos(i));
const build = (text: string, config: OptimizerConfig = {}): Optimizer => {
  const optimizer = createOptimizer(parseOptimizerSpec(text), [{ name: "x", shape: [size], role: "other" }], {
    backend: "float64",
    ...config,
  });
  optimizer.parameter("x").set(start);
  return optimizer;
};
/** A stochastic gradient of ½‖x‖² at x. */
const gradientAt = (x: ArrayLike<number>, k: number): number[] =>
  Array.from(x, (value, i) => value + 0.3 * noise(k, i));
const evaluated = (optimizer: Optimizer): number[] => {
  optimizer.enterEvaluation();
  const values = [...optimizer.evaluationParameter("x")];
  optimizer.leaveEvaluation();
  return values;
};
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

describe("Schedule-Free SGD", () => {
  it("with β = 0 is SGD, evaluated at the mean of its iterates (Polyak and Ruppert)", () => {
    const averaged = build("schedule-free-sgd:lr=0.1,beta=0,kept=average");
    const sgd = build("sgd:lr=0.1");
    const sums = start.map(() => 0);
    for (let k = 1; k <= steps; k++) {
      for (const each of [averaged, sgd]) {
        each.gradient("x").set(gradientAt(each.parameter("x"), k));
        each.step();
      }
      for (const [i, value] of sgd.parameter("x").entries()) sums[i] = (sums[i] ?? 0) + value;
      expect(distance([...averaged.parameter("x")], [...sgd.parameter("x")])).toBeLessThan(1e-13);
      const mean = sums.map((total) => total / k);
      expect(distance(evaluated(averaged), mean)).toBeLessThan(1e-13);
    }
  });

  it("with β = 1 is primal averaging: gradients at the mean of the iterates, where one evaluates", () => {
    const primal = build("schedule-free-sgd:lr=0.1,beta=1");
    let [z, mean] = [start, start];
    for (let k = 1; k <= steps; k++) {
      const gradient = gradientAt(primal.parameter("x"), k);
      primal.gradient("x").set(gradient);
      primal.step();
      z = z.map((value, i) => value - 0.1 * (gradient[i] ?? 0));
      mean = mean.map((value, i) => value + ((z[i] ?? 0) - value) / k);
      expect(distance([...primal.parameter("x")], mean)).toBeLessThan(1e-13);
      expect(distance(evaluated(primal), mean)).toBeLessThan(1e-13);
    }
  });

  it("is the same whichever sequence it keeps", () => {
    const kept = ["z", "average"].map((name) => build(`schedule-free-sgd:lr=0.1,beta=0.7,kept=${name}`));
    for (let k = 1; k <= steps; k++)
      for (const each of kept) {
        each.gradient("x").set(gradientAt(each.parameter("x"), k));
        each.step();
      }
    const [first = [], second = []] = kept.map((each) => [...each.parameter("x"), ...evaluated(each)]);
    expect(distance(first, second)).toBeLessThan(1e-12);
  });

  it("refuses an end from which the other sequence cannot be found, in groups too", () => {
    expect(() => build("schedule-free-sgd:beta=0")).toThrow(/beta > 0 with kept=z/);
    expect(() => build("schedule-free-adamw:beta=1,kept=average")).toThrow(/beta < 1 with kept=average/);
    expect(() => build("schedule-free-radam", { groups: [{ names: ["x"], hyper: { beta: 0 } }] })).toThrow(
      expect.objectContaining({ code: "invalid-value" }),
    );
  });
});

describe.each(["prodigy", "dadapt-sgd", "dadapt-adam", "schedule-free-prodigy"])("%s", (name) => {
  it.each(["float64", "wasm"] as const)("waits while gradients are zero, then moves, in %s", (backend) => {
    const optimizer = build(name, { backend });
    const before = [...optimizer.parameter("x")];
    for (let k = 1; k <= 3; k++) optimizer.step();
    expect([...optimizer.parameter("x")]).toEqual(before);
    for (let k = 1; k <= 40; k++) {
      optimizer.gradient("x").set(optimizer.parameter("x"));
      optimizer.step();
    }
    const after = [...optimizer.parameter("x")];
    expect(after.every(Number.isFinite)).toBe(true);
    expect(after).not.toEqual(before);
  });

  it("estimates one distance for all groups of the same settings", () => {
    const parameters = ["a", "b"].map((parameter) => ({
      name: parameter,
      shape: [3],
      role: "other" as const,
    }));
    const run = (config: OptimizerConfig) => {
      const optimizer = createOptimizer(parseOptimizerSpec(name), parameters, {
        backend: "float64",
        ...config,
      });
      for (const { name: parameter } of parameters) optimizer.parameter(parameter).set([1, -2, 3]);
      for (let k = 1; k <= 20; k++) {
        for (const { name: parameter } of parameters)
          optimizer.gradient(parameter).set(optimizer.parameter(parameter));
        optimizer.step();
      }
      return parameters.flatMap(({ name: parameter }) => [...optimizer.parameter(parameter)]);
    };
    expect(distance(run({ groups: [{ names: ["a"] }] }), run({}))).toBeLessThan(1e-12);
  });
});

describe("prodigy", () => {
  it.each(["float64", "wasm"] as const)("has gone nowhere where x is put back, in %s", (backend) => {
    const optimizer = build("prodigy", { backend });
    for (let k = 1; k <= 60; k++) {
      optimizer.gradient("x").fill(1);
      optimizer.step();
      optimizer.parameter("x").set(start);
    }
    expect(carried(optimizer, "d") / 1e-6).toBeCloseTo(1, backend === "wasm" ? 0 : 12);
  });

  it("counts the steps that rounding loses as travelled, so that its estimate grows all the same", () => {
    const [exact, rounded] = (["float64", "wasm"] as const).map((backend) => {
      const optimizer = build("prodigy", { backend });
      // Neighbours of 64 in float32 are 7.6e-6 apart: the first steps, of 1e-6, move nothing.
      optimizer.parameter("x").fill(64);
      for (let k = 1; k <= 30; k++) {
        optimizer.gradient("x").set(optimizer.parameter("x"));
        optimizer.step();
      }
      return carried(optimizer, "d");
    });
    expect(exact).toBeGreaterThan(1e-3);
    expect((rounded ?? 0) / (exact ?? 0)).toBeCloseTo(1, 3);
  });
});
