import { type RandomStream, randomStream } from "@steepest/random";
import type { CompletedRun } from "@steepest/train";
import type { ComparisonPlan } from "../comparison/plan.js";
import type { TrialRecord } from "../comparison/record.js";
import { summarise } from "../comparison/summary.js";
import type { Calibration } from "./calibration.js";

/*
 * Comparisons of one optimizer under several names, judged by what `steepest compare` judges real ones by:
 * every name is tuned over three learning rates, steps to the target are log-normal, known to the resolution
 * of the evaluations, partly shared by the names of a seed (initial parameters, order of data), and one run
 * in ten misses the target.
 */

const steps = 1000;
const evaluateEvery = 20;
const target = 0.9;

/** Paces of the three learning rates relative to the best. */
const paces = [1, 1.4, 2];

/** Standard deviation of the logarithm of the steps, and the part of its variance that a seed shares. */
const scatter = 0.2;
const shared = 0.5;

/** The median at which one run in ten exceeds the budget. */
const typical = steps * Math.exp(-1.2816 * scatter);

const planOf = (names: number, seeds: number): ComparisonPlan => ({
  ...{ version: 1, workload: "simulated", description: "simulated", source: "simulated", procedural: true },
  ...{ parameterCount: 1, batchSize: 1, epochs: 1, steps, evaluateEvery },
  target: { metric: "accuracy", split: "validation", value: target },
  seeds: Array.from({ length: seeds }, (_, seed) => seed),
  submissions: Array.from({ length: names }, (_, index) => ({
    ...{ name: `name-${index}`, optimizer: `name-${index}`, tuned: true },
    points: paces.map((_, point) => ({ optimizer: `lr=${point}`, learningRate: point })),
  })),
});

/** A run that took so many steps to the target. */
function completed(taken: number, seed: number, { normal }: RandomStream): CompletedRun {
  const at = Math.ceil(taken / evaluateEvery) * evaluateEvery;
  const accuracy = target + 0.01 * normal();
  const split = { loss: 1 - accuracy, accuracy, count: 1 };
  return {
    ...{ outcome: "completed", workload: "simulated", dataSource: "simulated", procedural: true },
    ...{ optimizer: "simulated", parameters: 1, batchSize: 1, seed, threads: 1, metric: "accuracy" },
    ...{ steps, seconds: steps, cpuSeconds: steps, train: split, validation: split, test: split },
    best: { step: steps, accuracy },
    target:
      at <= steps
        ? { value: target, reached: true, step: at, seconds: at, cpuSeconds: at }
        : { value: target, reached: false },
    parametersHash: "",
  };
}

/** Whether any name of one optimizer is told from the first. */
function falseWinner(names: number, seeds: number, seed: number): boolean {
  const stream = randomStream(seed, "calibration", names, seeds);
  const { normal } = stream;
  const common = Array.from({ length: seeds }, normal);
  const records = Array.from({ length: names }, (_, submission) =>
    paces.flatMap((pace, point) =>
      common.map((part, at): TrialRecord => {
        const logarithm = scatter * (Math.sqrt(shared) * part + Math.sqrt(1 - shared) * normal());
        const result = completed(typical * pace * Math.exp(logarithm), at, stream);
        return { submission, point, seed: at, outcome: { kind: "completed", result }, curve: [] };
      }),
    ),
  ).flat();
  return summarise(planOf(names, seeds), records).entries.some(({ group }) => group !== 1);
}

const ofNames = (names: number, spelled: string, seeds: number, runs = 500): Calibration => ({
  name: `compare-${names}-names-${seeds}-seeds`,
  counts: `compare: one optimizer under ${spelled} names, any of them told from the best`,
  law: `${seeds} seeds, 3 learning rates, log-normal steps to the target, 10 % of the runs miss it`,
  ...{ promised: { atMost: 0.05 }, runs },
  simulate: (seed) => ({ counted: falseWinner(names, seeds, seed) ? 1 : 0, cases: 1 }),
});

/** One optimizer under several names: A/A tests of whole comparisons. */
export const comparisonCalibrations: readonly Calibration[] = [
  ofNames(2, "two", 3, 5000),
  ofNames(2, "two", 10, 2000),
  ofNames(12, "twelve", 3),
  ofNames(12, "twelve", 10, 300),
];
