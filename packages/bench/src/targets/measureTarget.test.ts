import { parameter as parameterTensor } from "@steepest/graph";
import { optimizerOf, parseOptimizerSpec, parseSchedule } from "@steepest/optim";
import type { Budget, Split, Workload } from "@steepest/workloads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEntrant } from "../comparison/entrant.js";
import { quasiRandomSearch } from "../tuning/searchSpace.js";
import { type Baseline, baselines } from "./baselines.js";
import { measureTarget, targetOf } from "./measureTarget.js";

/**
 * ½x² from x = 1 by gradient descent without noise: the loss after k steps is ½(1 − lr)^(2k) exactly. Test is
 * twice as far as validation, and a seed adds a hundredth of itself to both.
 */
function parabola(): Workload & { readonly runs: { seed: number; steps: number }[] } {
  const runs: { seed: number; steps: number }[] = [];
  const budget: Budget = { stepHint: 24, steps: 24, evaluateEvery: 2 };
  const initialise = (values: Float32Array | Float64Array) => values.fill(1);
  const factor: Readonly<Record<Split, number>> = { train: 1, validation: 1, test: 2 };
  return {
    runs,
    ...{ name: "parabola", description: "", defaults: { batchSize: 1, epochs: 1 }, budget },
    target: { metric: "loss", direction: "min", split: "validation", value: 1 },
    load: async () => ({
      parameters: [{ name: "x", shape: [1], role: "other", initialise, tensor: parameterTensor("x", [1]) }],
      ...{
        parameterCount: 1,
        trainCount: 100,
        dataBytes: 0,
        metrics: ["loss"],
        source: "",
        procedural: false,
      },
      async bind({ parameter, gradient }, { seed }) {
        const [x, slope] = [parameter("x"), gradient("x")];
        const run = { seed, steps: 0 };
        runs.push(run);
        const loss = (split: Split) => (factor[split] * (x[0] ?? Number.NaN) ** 2) / 2 + seed / 100;
        return {
          async gradient(step) {
            run.steps = Math.max(run.steps, step);
            slope.set(x);
            return loss("train");
          },
          evaluate: async (split) => ({ loss: loss(split), count: 1 }),
          async release() {},
        };
      },
    }),
  };
}

const descent = (name: string, ...lrs: readonly number[]): Baseline => ({
  name,
  space: { lr: { feasiblePoints: lrs } },
  entrant: ({ lr }) => `gd:lr=${lr}`,
});

describe("measureTarget", () => {
  it("takes the best point of all baselines and repeats it with other seeds", async () => {
    const workload = parabola();
    const lines: string[] = [];
    const found = await measureTarget(workload, {
      baselines: [descent("slow", 0.1, 0.2), descent("fast", 0.5), descent("wild", 1e30)],
      ...{ trials: 8, repetitions: 4, notify: (line: string) => lines.push(line) },
    });
    // Six steps, a quarter of the budget; x = 0.5^6, and seeds 1, 2, 3, 4 on top.
    const square = 0.5 ** 12;
    expect(found.validation).toBeCloseTo(square / 2 + 0.025, 6);
    expect(found.test).toBeCloseTo(square + 0.02, 6);
    expect(found).toMatchObject({ by: "gd:lr=0.5", ranking: ["fast", "slow"] });
    expect(workload.runs.filter(({ seed }) => seed === 0)).toHaveLength(24);
    expect(workload.runs.slice(24).map(({ seed }) => seed)).toEqual([1, 2, 3, 4]);
    expect(workload.runs.slice(24).map(({ steps }) => steps)).toEqual([6, 6, 6, 6]);
    expect(lines.at(-1)).toBe("parabola: every run of wild diverged");
  });

  it("refuses a workload without a budget, and one on which everything diverges", async () => {
    const { budget: _, ...unlimited } = parabola();
    const search = { baselines: [descent("wild", 1e30)], trials: 2, repetitions: 1 };
    await expect(measureTarget(unlimited, search)).rejects.toThrow(/parabola has no budget/);
    await expect(measureTarget(parabola(), search)).rejects.toThrow(/every run of the search diverged/);
  });
});

describe("targetOf", () => {
  const runs = (...pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([validation, test]) => ({ validation, test }));

  it("is the median on validation, and on test the worst of those that reach it", () => {
    const four = runs([0.125, 0.9], [0.25, 0.3], [0.375, 0.5], [0.5, 0.1]);
    expect(targetOf("loss", four)).toEqual({ validation: 0.3125, test: 0.9 });
    expect(targetOf("accuracy", four)).toEqual({ validation: 0.3125, test: 0.1 });
    expect(targetOf("loss", runs([0.1, 0.7], [0.2, 0.8], [0.3, 0.9]))).toEqual({
      validation: 0.2,
      test: 0.8,
    });
  });

  it("counts a run that diverged before its first evaluation as the worst", () => {
    const three = runs([Number.NaN, Number.NaN], [0.2, 0.8], [0.3, 0.9]);
    expect(targetOf("loss", three)).toEqual({ validation: 0.3, test: 0.9 });
    expect(targetOf("accuracy", three)).toEqual({ validation: 0.2, test: 0.8 });
  });

  it("rounds to six digits, and so that half of the runs reach it in any case", () => {
    const value = fc.double({ min: 1e-8, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 9 }), (values) => {
        for (const metric of ["loss", "accuracy"] as const) {
          const { validation } = targetOf(metric, runs(...values.map((x) => [x, x] as const)));
          const there = values.filter((x) => (metric === "loss" ? x <= validation : x >= validation));
          expect(2 * there.length).toBeGreaterThanOrEqual(values.length);
          expect(Number(validation.toPrecision(6))).toBe(validation);
          const sorted = values.toSorted((a, b) => a - b);
          const [low, high] = [(values.length - 1) >> 1, values.length >> 1].map((i) => sorted[i] ?? 0);
          expect(validation).toBeGreaterThan((low ?? 0) * (1 - 1e-5));
          expect(validation).toBeLessThan((high ?? 0) * (1 + 1e-5));
        }
      }),
    );
  });
});

describe("baselines", () => {
  it("are AlgoPerf's four, and every point of theirs is one that can be run", () => {
    expect(baselines.map(({ name }) => name)).toEqual(["momentum", "nesterov", "adamw", "nadamw"]);
    for (const { name, space, entrant } of baselines) {
      for (const point of quasiRandomSearch(space, 50)) {
        const { optimizer, schedule = "" } = parseEntrant(entrant(point), 900);
        expect(optimizer.name).toBe(name);
        expect(optimizer.hyper.lr).toBeCloseTo(point.lr ?? Number.NaN, 3);
        expect(() => optimizerOf(parseOptimizerSpec(entrant(point).replace(/\+.*/, "")))).not.toThrow();
        expect(parseSchedule(schedule).length).toBeGreaterThan(0);
      }
    }
  });
});
