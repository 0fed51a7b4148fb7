import type { CompletedRun } from "@steepest/train";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ComparisonPlan } from "./plan.js";
import type { TrialRecord } from "./record.js";
import { summarise } from "./summary.js";

const target = 0.85;
const budget = 300;

/** A plan of the named optimizers at as many learning rates (1, 2, ...). */
const planOf = (names: readonly string[], points: number, seeds: number): ComparisonPlan => ({
  version: 1,
  workload: "made-up",
  description: "no network at all",
  source: "numbers written in a test",
  procedural: false,
  parameterCount: 1,
  batchSize: 10,
  epochs: 3,
  steps: budget,
  evaluateEvery: 10,
  target: { metric: "accuracy", split: "validation", value: target },
  seeds: Array.from({ length: seeds }, (_, seed) => seed),
  submissions: names.map((name) => ({
    name,
    optimizer: name,
    tuned: points > 1,
    points: Array.from({ length: points }, (_, i) => ({
      optimizer: `${name}:lr=${i + 1}`,
      learningRate: i + 1,
    })),
  })),
});

interface Finding {
  /** The step at which the target was reached, if it was. */
  readonly steps?: number;
  readonly accuracy: number;
  readonly test?: number;
}

function record(
  submission: number,
  point: number,
  seed: number,
  { steps, accuracy, test = accuracy }: Finding,
): TrialRecord {
  const split = (value: number) => ({ loss: 1 - value, accuracy: value, count: 100 });
  const result: CompletedRun = {
    outcome: "completed",
    workload: "made-up",
    dataSource: "numbers written in a test",
    procedural: false,
    optimizer: "made-up",
    parameters: 1,
    batchSize: 10,
    seed,
    threads: 1,
    steps: budget,
    seconds: budget / 100,
    cpuSeconds: budget / 100,
    metric: "accuracy",
    train: split(accuracy),
    validation: split(accuracy),
    test: split(test),
    best: { step: budget, accuracy },
    target:
      steps === undefined
        ? { value: target, reached: false }
        : { value: target, reached: true, step: steps, seconds: steps / 100, cpuSeconds: steps / 100 },
    parametersHash: "",
  };
  const curve = [10, budget].map((step) => ({ step, cpuSeconds: step / 2, loss: 1 - accuracy, accuracy }));
  return { submission, point, seed, outcome: { kind: "completed", result }, curve };
}

/** The same comparison on a workload that has no accuracy: the logarithm of its loss mirrors it. */
const byLoss = (plan: ComparisonPlan): ComparisonPlan => ({
  ...plan,
  target: { metric: "loss", split: "validation", value: 0.4 },
});

function lossAlone({ outcome, curve, ...rest }: TrialRecord): TrialRecord {
  if (outcome.kind !== "completed") throw new Error("only what ended has a loss");
  const { train, validation, test, best, ...result } = outcome.result;
  const lossOf = (accuracy = Number.NaN) => Math.exp(-accuracy);
  const split = ({ accuracy, count }: CompletedRun["validation"]) => ({ loss: lossOf(accuracy), count });
  const splits = { train: split(train), validation: split(validation), test: split(test) };
  const lowest = { step: best.step, loss: lossOf(best.accuracy) };
  return {
    ...rest,
    outcome: { kind: "completed", result: { ...result, metric: "loss", ...splits, best: lowest } },
    curve: curve.map(({ step, cpuSeconds, accuracy }) => ({ step, cpuSeconds, loss: lossOf(accuracy) })),
  };
}

const diverged = (submission: number, point: number, seed: number): TrialRecord => ({
  submission,
  point,
  seed,
  outcome: { kind: "diverged", reason: "the gradient is NaN at step 7", log: "" },
  curve: [],
});

describe("summarise", () => {
  it("chooses each learning rate by median steps to the target, then by best accuracy", () => {
    const records = [0, 1, 2].flatMap((seed) => [
      // Reaches the target sooner at lr 2, although lr 1 ends higher.
      record(0, 0, seed, { steps: 200, accuracy: 0.9 }),
      record(0, 1, seed, { steps: 100, accuracy: 0.86 }),
      // Never reaches it; lr 1 comes closer.
      record(1, 0, seed, { accuracy: 0.8 }),
      record(1, 1, seed, { accuracy: 0.7 }),
    ]);
    const { entries } = summarise(planOf(["fast", "slow"], 2, 3), records);
    expect(entries.map(({ optimizer, learningRate, rank }) => [optimizer, learningRate, rank])).toEqual([
      ["fast", 2, 1],
      ["slow", 1, 2],
    ]);
    expect(entries[0]?.stepsToTarget).toEqual({ kind: "reached", value: 100, low: 100, high: 100 });
    expect(entries[0]?.secondsToTarget).toEqual({ kind: "reached", value: 1, low: 1, high: 1 });
    expect(entries[0]?.sensitivity.map(({ stepsToTarget }) => stepsToTarget)).toEqual([200, 100]);
  });

  it("explains a missed target, and calls it reached only where most seeds reach it", () => {
    const records = [
      record(0, 0, 0, { steps: 100, accuracy: 0.86 }),
      record(0, 0, 1, { steps: 120, accuracy: 0.86 }),
      record(0, 0, 2, { accuracy: 0.84 }),
      record(1, 0, 0, { steps: 100, accuracy: 0.86 }),
      record(1, 0, 1, { accuracy: 0.84 }),
      record(1, 0, 2, { accuracy: 0.83 }),
    ];
    const { entries } = summarise(planOf(["most", "few"], 1, 3), records);
    expect(entries[0]?.stepsToTarget).toEqual({
      kind: "reached",
      value: 120,
      low: 100,
      high: Number.POSITIVE_INFINITY,
    });
    expect(entries[1]?.stepsToTarget).toEqual({
      kind: "missed",
      reason: "1 of 3 seeds reached 0.85 in 300 steps; best validation accuracy 0.8600",
    });
  });

  it("groups what the seeds cannot tell apart", () => {
    const values = { first: [100, 110, 90], near: [110, 100, 100], far: [250, 270, 240] };
    const records = Object.values(values).flatMap((steps, submission) =>
      steps.map((step, seed) => record(submission, 0, seed, { steps: step, accuracy: 0.86 })),
    );
    const { entries } = summarise(planOf(Object.keys(values), 1, 3), records);
    expect(entries.map(({ optimizer, group }) => [optimizer, group])).toEqual([
      ["first", 1],
      ["near", 1],
      ["far", 2],
    ]);
    expect(entries[0]?.standing).toBeUndefined();
    expect(entries[2]?.standing?.quantity).toBe("steps to the target");
    expect(entries[2]?.standing?.behind.estimate).toBeCloseTo((150 + 160 + 150) / 3, 9);
  });

  it("says what the steps of all seeds say, those included that missed the target", () => {
    const steps = [
      [100, 110, 120, 130, 140],
      [150, 160, 170, undefined, undefined],
      [200, undefined, undefined, undefined, undefined],
    ];
    const records = steps.flatMap((seeds, submission) =>
      seeds.map((at, seed) =>
        record(submission, 0, seed, { accuracy: 0.86, ...(at === undefined ? {} : { steps: at }) }),
      ),
    );
    const { entries } = summarise(planOf(["all", "most", "few"], 1, 5), records);
    expect(entries.map(({ arrivals }) => [arrivals.reached, arrivals.seeds])).toEqual([
      [5, 5],
      [3, 5],
      [1, 5],
    ]);
    expect(entries.map(({ arrivals: { median } }) => [median?.low, median?.estimate, median?.high])).toEqual([
      [100, 120, 140],
      [150, 170, Number.POSITIVE_INFINITY],
      [200, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ]);
    // Five pairs in one order: 2/2⁵, twice by Holm.
    expect(entries.map(({ standing }) => standing?.logRankPValue)).toEqual([undefined, 0.125, 0.125]);
  });

  it("has no log-rank test where the target's metric decides, and no median of one seed", () => {
    const missed = [0, 1].flatMap((submission) =>
      [0, 1, 2].map((seed) => record(submission, 0, seed, { accuracy: 0.7 + 0.01 * submission })),
    );
    const [, second] = summarise(planOf(["a", "b"], 1, 3), missed).entries;
    expect(second?.standing).toBeDefined();
    expect(second?.standing).not.toHaveProperty("logRankPValue");
    const [only] = summarise(planOf(["a"], 1, 1), [record(0, 0, 0, { steps: 10, accuracy: 0.9 })]).entries;
    expect(only?.arrivals).toEqual({ reached: 1, seeds: 1 });
  });

  it("an optimizer under two names shares rank one's group", () => {
    const records = [0, 1].flatMap((submission) =>
      [0, 1, 2].map((seed) =>
        record(submission, 0, seed, { steps: 100 + 10 * seed, accuracy: 0.86 + seed / 1000 }),
      ),
    );
    expect(summarise(planOf(["a", "b"], 1, 3), records).entries.map(({ group }) => group)).toEqual([1, 1]);
  });

  it("ranks those that miss the target by validation accuracy, never by test accuracy", () => {
    const records = [0, 1, 2].flatMap((seed) => [
      record(0, 0, seed, { accuracy: 0.7 + seed / 1000, test: 0.99 }),
      record(1, 0, seed, { accuracy: 0.8 - seed / 1000, test: 0.1 }),
    ]);
    const { entries } = summarise(planOf(["lower", "higher"], 1, 3), records);
    expect(entries.map(({ optimizer, group }) => [optimizer, group])).toEqual([
      ["higher", 1],
      ["lower", 2],
    ]);
    expect(entries[1]?.standing?.quantity).toBe("validation accuracy");
  });

  it("counts a diverged trial as missed and says why, without losing the others", () => {
    const records = [0, 1, 2].flatMap((seed) => [
      record(0, 0, seed, { steps: 100, accuracy: 0.86 }),
      diverged(0, 1, seed),
    ]);
    const [entry] = summarise(planOf(["bold"], 2, 3), records).entries;
    expect(entry?.learningRate).toBe(1);
    expect(entry?.failures).toEqual(
      [0, 1, 2].map((seed) => `bold:lr=2 seed ${seed} diverged: the gradient is NaN at step 7`),
    );
  });

  it("invents no figure for an optimizer that diverged, and counts only what was measured", () => {
    const comparison = summarise(planOf(["wild", "half", "fine"], 1, 2), [
      ...[0, 1].map((seed) => diverged(0, 0, seed)),
      record(1, 0, 0, { accuracy: 0.6 }),
      diverged(1, 0, 1),
      ...[0, 1].map((seed) => record(2, 0, seed, { accuracy: 0.5 })),
    ]);
    const [fine, half, wild] = comparison.entries;
    expect([fine?.optimizer, half?.optimizer, wild?.optimizer]).toEqual(["fine", "half", "wild"]);
    expect([fine?.rank, half?.rank]).toEqual([1, 2]);
    expect(half?.validation).toEqual({ value: 0.6, low: 0.6, high: 0.6 });
    expect(wild).toMatchObject({ unmeasured: "diverged", sensitivity: [] });
    for (const key of ["rank", "group", "validation", "test", "standing"])
      expect(wild).not.toHaveProperty(key);
    expect(wild?.stepsToTarget).toEqual({ kind: "missed", reason: "diverged with all 2 seeds" });
    expect(comparison.method.join(" ")).toContain("has neither place nor group");
  });

  it("judges by the loss as it judges by an accuracy that mirrors it", () => {
    const finding = fc.record({
      // Far enough apart that rounding decides nothing.
      accuracy: fc.integer({ min: 1, max: 63 }).map((share) => share / 64),
      steps: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    });
    const found = fc.array(fc.array(finding, { minLength: 6, maxLength: 6 }), {
      minLength: 2,
      maxLength: 4,
    });
    fc.assert(
      fc.property(found, (submissions) => {
        const plan = planOf(
          submissions.map((_, i) => `optimizer${i}`),
          2,
          3,
        );
        const records = submissions.flatMap((findings, submission) =>
          findings.map(({ accuracy, steps }, i) =>
            record(submission, i % 2, Math.floor(i / 2), {
              accuracy,
              ...(steps === undefined ? {} : { steps: 10 * steps }),
            }),
          ),
        );
        const accuracies = summarise(plan, records).entries;
        const losses = summarise(byLoss(plan), records.map(lossAlone)).entries;
        for (const [i, entry] of losses.entries()) {
          const mirrored = accuracies[i];
          const { optimizer, learningRate, rank, group, stepsToTarget } = entry;
          expect(mirrored).toMatchObject({ optimizer, learningRate, rank, group });
          expect(stepsToTarget.kind).toBe(mirrored?.stepsToTarget.kind);
          const { value = Number.NaN } = mirrored?.validation ?? {};
          expect(-Math.log(entry.validation?.value ?? Number.NaN)).toBeCloseTo(value, 10);
          expect(entry.standing?.behind.estimate ?? 0).toBeCloseTo(
            mirrored?.standing?.behind.estimate ?? 0,
            10,
          );
          expect(entry.curves).not.toHaveProperty("accuracy");
        }
      }),
      { numRuns: 50 },
    );
  });

  it("names the loss in words, and counts what diverged as the largest that was found", () => {
    const plan = byLoss(planOf(["wild", "fine"], 1, 2));
    const comparison = summarise(plan, [
      lossAlone(record(0, 0, 0, { accuracy: 0.75 })),
      diverged(0, 0, 1),
      ...[0, 1].map((seed) => lossAlone(record(1, 0, seed, { accuracy: 0.625 }))),
    ]);
    // Logarithms −0.6875 and −0.625 in the mean, −0.625 being counted for the seed that diverged.
    expect(comparison.entries.map(({ optimizer }) => optimizer)).toEqual(["wild", "fine"]);
    const [wild, fine] = comparison.entries;
    expect(fine?.standing?.quantity).toBe("logarithm of the validation loss");
    expect(fine?.standing?.behind.estimate).toBeCloseTo(0.0625, 12);
    expect(wild?.stepsToTarget).toMatchObject({
      reason: "0 of 2 seeds reached 0.4 in 300 steps; best validation loss 0.4724",
    });
    expect(comparison.method.join(" ")).toContain("as the largest loss that any evaluation found");
    expect(comparison.method.join(" ")).not.toContain("accuracy");
  });

  it("tells a run that went far off from one that did not, however far it went", () => {
    const losses = [
      [1e-3, 2e-3, 1.5e-3],
      [1e19, 1e15, 1e17],
    ];
    const records = losses.flatMap((values, submission) =>
      values.map((loss, seed) => lossAlone(record(submission, 0, seed, { accuracy: -Math.log(loss) }))),
    );
    const { entries } = summarise(byLoss(planOf(["steady", "wild"], 1, 3)), records);
    expect(entries.map(({ optimizer, group }) => [optimizer, group])).toEqual([
      ["steady", 1],
      ["wild", 2],
    ]);
    expect(entries[1]?.validation?.value).toBeCloseTo(1e17, -6);
    expect(entries[0]?.validation?.low).toBeGreaterThan(0);
  });

  it("compares losses as they are where one is not above 0", () => {
    const negative = (loss: number, submission: number, seed: number): TrialRecord => {
      const mirrored = lossAlone(record(submission, 0, seed, { accuracy: 0 }));
      if (mirrored.outcome.kind !== "completed") throw new Error(mirrored.outcome.kind);
      const split = { loss, count: 100 };
      const { result } = mirrored.outcome;
      return {
        ...mirrored,
        outcome: { kind: "completed", result: { ...result, validation: split, test: split } },
      };
    };
    const records = [-1, -2, -3].flatMap((loss, seed) => [negative(loss, 0, seed), negative(0, 1, seed)]);
    const { entries, method } = summarise(byLoss(planOf(["low", "zero"], 1, 3)), records);
    expect(entries.map(({ optimizer, validation }) => [optimizer, validation?.value])).toEqual([
      ["low", -2],
      ["zero", 0],
    ]);
    expect(entries[1]?.standing).toMatchObject({ quantity: "validation loss", behind: { estimate: 2 } });
    expect(method.join(" ")).not.toContain("geometric");
  });

  it("says how often trials were looked at, also short ones", () => {
    const sentences = (evaluateEvery: number) =>
      summarise({ ...planOf(["a"], 1, 1), steps: 8, evaluateEvery }, [
        record(0, 0, 0, { accuracy: 0.5 }),
      ]).method.join(" ");
    expect(sentences(65)).toContain("8 steps of 10 examples on one thread");
    expect(sentences(65)).toContain("looked at once, after the last step.");
    expect(sentences(3)).toContain("looked at every 3 steps and after the last");
    expect(sentences(1)).toContain("looked at after every step");
  });

  it("gives no verdict and no interval on one seed, and says so", () => {
    const comparison = summarise(planOf(["a", "b"], 1, 1), [
      record(0, 0, 0, { steps: 10, accuracy: 0.9 }),
      record(1, 0, 0, { steps: 300, accuracy: 0.86 }),
    ]);
    expect(comparison.entries.map(({ group }) => group)).toEqual([1, 1]);
    expect(comparison.entries[0]?.validation).toEqual({ value: 0.9, low: 0.9, high: 0.9 });
    expect(comparison.method.join(" ")).toContain("One seed tells no two optimizers apart");
  });

  it("says that the tuning seeds are the scoring seeds, and which optimizers were not tuned", () => {
    const records = [record(0, 0, 0, { accuracy: 0.5 }), record(0, 1, 0, { accuracy: 0.5 })];
    const tuned = summarise(planOf(["a"], 2, 1), records).method.join(" ");
    expect(tuned).toContain("The seeds that chose the learning rate are also the seeds that are scored");
    const fixed = summarise(planOf(["a"], 1, 1), records.slice(0, 1)).method.join(" ");
    expect(fixed).toContain("Not tuned: a.");
    expect(fixed).not.toContain("Only the learning rate was tuned");
  });

  it("bounds curves by the seeds", () => {
    const records = [0.8, 0.84, 0.82].map((accuracy, seed) => record(0, 0, seed, { accuracy }));
    const curve = summarise(planOf(["a"], 1, 3), records).entries[0]?.curves.accuracy;
    expect(curve).toEqual({
      steps: [10, budget],
      seconds: [5, 150],
      value: [0.82, 0.82],
      low: [0.8, 0.8],
      high: [0.84, 0.84],
    });
  });
});
