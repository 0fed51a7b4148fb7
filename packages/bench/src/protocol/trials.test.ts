import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BenchPlan } from "./plan.js";
import { configurationOfTrial, countTrials, folderOfTrial, trialOf } from "./trials.js";

const plan = (shape: {
  readonly studies: number;
  readonly workloads: number;
  readonly trials: readonly number[];
}): BenchPlan => ({
  ...{ version: 1, kind: "bench", name: "p", rules: "external", clock: "steps", seed: 5 },
  studies: shape.studies,
  workloads: Array.from({ length: shape.workloads }, (_, index) => ({
    ...{ name: `w${index}`, source: "s", procedural: true, parameterCount: 1, metric: "validation/loss" },
    ...{ direction: "min" as const, target: 1, batchSize: 2, stepHint: 10, steps: 20, evaluateEvery: 5 },
  })),
  submissions: shape.trials.map((count, index) => ({
    name: `s${index}`,
    source: { kind: "module" as const, module: `m${index}` },
    points: Array.from({ length: count }, (_, trial) => ({ learning_rate: trial })),
  })),
  engine: { kind: "local" },
});

const shapes = fc.record({
  studies: fc.integer({ min: 1, max: 4 }),
  workloads: fc.integer({ min: 1, max: 4 }),
  trials: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
});

describe("trialOf", () => {
  it("numbers every place of a plan exactly once, whole studies first", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const made = plan(shape);
        const sum = shape.trials.reduce((a, b) => a + b, 0);
        const total = shape.studies * shape.workloads * sum;
        expect(countTrials(made)).toBe(total);
        const trials = Array.from({ length: total }, (_, index) => trialOf(made, index));
        expect(trials.map(({ index }) => index)).toEqual(trials.map((_, index) => index));
        expect(new Set(trials.map((trial) => folderOfTrial("", trial))).size).toBe(total);
        const studies = trials.map(({ place }) => place.study);
        expect(studies).toEqual(studies.toSorted((a, b) => a - b));
        for (const { place, submission, workload } of trials) {
          expect([submission.name, workload.name]).toEqual([place.submission, place.workload]);
          expect(place.trial).toBeGreaterThanOrEqual(1);
          expect(place.trial).toBeLessThanOrEqual(submission.points.length);
        }
      }),
    );
  });

  it("refuses numbers that no trial has", () => {
    const made = plan({ studies: 2, workloads: 2, trials: [1, 2] });
    for (const index of [-1, 12, 0.5, Number.NaN])
      expect(() => trialOf(made, index)).toThrow(/there is no trial .*from 0 to 11/);
  });
});

describe("configurationOfTrial", () => {
  const made = plan({ studies: 2, workloads: 2, trials: [2, 3] });
  const all = Array.from({ length: countTrials(made) }, (_, index) => trialOf(made, index));
  const seedsAt = (key: (trial: (typeof all)[number]) => string) =>
    new Map(all.map((trial) => [key(trial), configurationOfTrial(made, trial).seed]));

  it("gives submissions the same seeds, and everything else seeds of its own", () => {
    const shared = seedsAt(({ place }) => `${place.study} ${place.workload} ${place.trial}`);
    for (const trial of all) {
      const { place } = trial;
      expect(configurationOfTrial(made, trial).seed).toBe(
        shared.get(`${place.study} ${place.workload} ${place.trial}`),
      );
    }
    expect(new Set(shared.values()).size).toBe(shared.size);
    const [first] = all;
    if (first === undefined) throw new Error("the plan has trials");
    expect(configurationOfTrial({ ...made, seed: 6 }, first).seed).not.toBe(
      configurationOfTrial(made, first).seed,
    );
  });

  it("tries points in the order of the study where studies have one", () => {
    const [, other] = made.submissions;
    if (other === undefined) throw new Error("the plan has two submissions");
    const ordered = {
      ...made,
      submissions: [
        {
          ...other,
          orders: [
            [0, 1, 2],
            [2, 0, 1],
          ],
        },
      ],
    };
    const rates = Array.from({ length: countTrials(ordered) }, (_, index) => {
      const trial = configurationOfTrial(ordered, trialOf(ordered, index));
      return "submission" in trial ? trial.hyperparameters.learning_rate : undefined;
    });
    expect(rates).toEqual([0, 1, 2, 0, 1, 2, 2, 0, 1, 2, 0, 1]);
  });

  it("carries budget, targets and how logs are scored", () => {
    const [trial] = all;
    if (trial === undefined) throw new Error("the plan has trials");
    const workload = { ...trial.workload, cpuSeconds: 3, testTarget: 2, base: "w9" };
    expect(configurationOfTrial({ ...made, clock: "cpu" }, { ...trial, workload })).toMatchObject({
      ...{ steps: 20, stepHint: 10, cpuSeconds: 3, target: 1, testTarget: 2, stopAtTarget: true },
      scoring: { metric: "validation/loss", direction: "min", clock: "cpu", budget: 3, base: "w9" },
    });
  });
});
