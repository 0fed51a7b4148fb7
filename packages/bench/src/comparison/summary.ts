import { type Metric, metricOf } from "@steepest/workloads";
import { type CensoredTime, censoredMedian, pairedLogRankTest } from "../statistics/censored.js";
import { mean, median } from "../statistics/descriptive.js";
import { type Interval, meanInterval, meanIntervalMethod } from "../statistics/intervals.js";
import { againstLeader, holm } from "../statistics/verdict.js";
import { type Candidate, candidateOf, isMeasured, meanMerit, type SeedFinding } from "./candidates.js";
import { counted, methodSentences } from "./method.js";
import type { ComparisonPlan } from "./plan.js";
import type { CurvePoint, TrialRecord } from "./record.js";
import { bestOf, compareNumbers, merit, offScale, onScale, type Scale, scaleOf, valueText } from "./scale.js";

/** A figure with bounds; `low` = `high` = `value` where there is one seed. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What it took to reach the target: median and range over seeds, or why it was missed. `high` is infinite (in
 * JSON: null) where a seed missed it.
 */
export type Cost =
  | ({ readonly kind: "reached" } & Estimate)
  | { readonly kind: "missed"; readonly reason: string };

/** A quantity over training: median over the seeds, bounded by their range. All arrays are equally long. */
export interface Curve {
  readonly steps: readonly number[];
  /** CPU seconds of training, mean over the seeds. */
  readonly seconds: readonly number[];
  readonly value: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** One learning rate that was tried and of which the target's metric was measured. */
export interface PointSummary {
  readonly learningRate: number;
  /** Median over the seeds, infinite where most missed the target. */
  readonly stepsToTarget: number;
  /** Best validation value reached, in the target's metric. */
  readonly best: Estimate;
}

/** How an entry stands against the first one, in the quantity that the comparison is decided by. */
export interface EntryStanding {
  readonly quantity: "steps to the target" | ReturnType<typeof quantityOf>;
  /** How much worse it is, mean over the seeds. */
  readonly behind: Interval;
  /** Corrected for the number of entries and for the choice of the first one among them. */
  readonly pValue: number;
  /**
   * How many more seeds would tell it from the first with a chance of 80 %, were difference and scatter those
   * seen; absent where it is told apart already, or where no difference is seen.
   */
  readonly moreSeeds?: number;
  /**
   * The p-value of the paired log-rank test of the steps to the target, corrected for the number of entries
   * (Holm): seeds that missed it count as slower than any that did not, by however much. Of n seeds it is at
   * least 2^(1−n). Present where steps decide.
   */
  readonly logRankPValue?: number;
}

/** How many seeds reached the target, and the median steps by Kaplan and Meier with its interval. */
export interface Arrivals {
  readonly reached: number;
  readonly seeds: number;
  /** Infinite (in JSON: null) where the seeds do not reach so far; absent for one seed. */
  readonly median?: Interval;
}

/** One optimizer at its best learning rate. */
export interface ComparisonEntry {
  readonly optimizer: string;
  /** Why nothing was measured at its learning rate, where no trial there came to its end. */
  readonly unmeasured?: "diverged" | "failed";
  /** From 1; absent where nothing was measured. */
  readonly rank?: number;
  /** From 1; an entry cannot be told from the best one of its group. Absent where nothing was measured. */
  readonly group?: number;
  readonly learningRate?: number;
  readonly tuned: boolean;
  readonly stepsToTarget: Cost;
  readonly secondsToTarget: Cost;
  /** What the seeds say of the steps to the target, those included that missed it. */
  readonly arrivals: Arrivals;
  /**
   * In the target's metric, at the end of the step budget, over the trials that came to it; absent where none
   * did.
   */
  readonly validation?: Estimate;
  readonly test?: Estimate;
  /** On the validation split. */
  readonly curves: { readonly loss: Curve; readonly accuracy?: Curve };
  readonly sensitivity: readonly PointSummary[];
  /** Absent for the first entry and where there is one seed. */
  readonly standing?: EntryStanding;
  /** Trials at any learning rate without a result, each with its reason. */
  readonly failures: readonly string[];
}

/** What a comparison found: plain data. */
export interface Comparison {
  readonly outcome: "completed";
  readonly workload: string;
  readonly description: string;
  readonly parameterCount: number;
  readonly source: string;
  readonly procedural: boolean;
  readonly target: ComparisonPlan["target"];
  readonly batchSize: number;
  readonly stepBudget: number;
  readonly seeds: readonly number[];
  readonly interval: { readonly level: number; readonly method: string };
  /**
   * What was tuned, how entries were ranked and grouped, and what the figures do not show: one sentence each.
   */
  readonly method: readonly string[];
  /** In the order of their ranks; those of which nothing was measured come last. */
  readonly entries: readonly ComparisonEntry[];
}

const level = 0.95;

/**
 * Judges the trials of a plan: chooses every optimizer's learning rate, ranks the optimizers and groups those
 * that the seeds cannot tell apart.
 */
export function summarise(plan: ComparisonPlan, records: readonly TrialRecord[]): Comparison {
  const scale = scaleOf(plan.target.metric, records);
  const candidates = plan.submissions
    .map((submission, index) =>
      candidateOf(
        scale,
        plan,
        submission,
        records.filter((record) => record.submission === index),
      ),
    )
    .toSorted(
      (a, b) =>
        Number(isMeasured(b)) - Number(isMeasured(a)) ||
        compareNumbers(a.chosen.medianSteps, b.chosen.medianSteps) ||
        compareNumbers(meanMerit(scale, b), meanMerit(scale, a)),
    );
  const { groups, standings } = grouped(scale, plan, candidates.filter(isMeasured));
  return {
    outcome: "completed",
    workload: plan.workload,
    description: plan.description,
    parameterCount: plan.parameterCount,
    source: plan.source,
    procedural: plan.procedural,
    target: plan.target,
    batchSize: plan.batchSize,
    stepBudget: plan.steps,
    seeds: plan.seeds,
    interval: { level, method: intervalMethod(plan.seeds.length) },
    method: methodSentences(plan, {
      logarithmic: scale.logarithmic,
      allEnded: records.every(({ outcome }) => outcome.kind === "completed"),
    }),
    entries: candidates.map((candidate, i) =>
      entryOf(scale, plan, candidate, i + 1, groups.get(candidate), standings.get(candidate)),
    ),
  };
}

/** What validation is compared in. */
const quantityOf = ({ metric, logarithmic }: Scale) =>
  logarithmic ? (`logarithm of the validation ${metric}` as const) : (`validation ${metric}` as const);

/** Steps to the target of every seed; those of a seed that missed it are known to be more than any that did not. */
const stepsOf = ({ chosen }: Pick<Candidate, "chosen">): readonly CensoredTime[] =>
  chosen.seeds.map(({ steps }) => ({ time: steps, reached: Number.isFinite(steps) }));

/** What the steps of the seeds say, those included that missed the target. */
function arrivalsOf(candidate: Pick<Candidate, "chosen">): Arrivals {
  const times = stepsOf(candidate);
  const reached = times.filter((time) => time.reached).length;
  return {
    reached,
    seeds: times.length,
    ...(times.length < 2 ? {} : { median: censoredMedian(times, level) }),
  };
}

/**
 * Groups in order of rank: the first entry not yet in a group leads the next one and takes in all that cannot
 * be told from it, in steps to the target (counted as the budget where it was missed) if it reached the
 * target in most seeds, else in the target's metric on validation.
 */
function grouped(scale: Scale, plan: ComparisonPlan, candidates: readonly Candidate[]) {
  const groups = new Map<Candidate, number>();
  const standings = new Map<Candidate, EntryStanding>();
  let remaining = candidates;
  for (let group = 1; remaining.length > 0; group++) {
    const [leader, ...others] = remaining;
    if (leader === undefined) break;
    const inSteps = Number.isFinite(leader.chosen.medianSteps);
    const sample = (candidate: Candidate) => ({
      name: candidate.submission.optimizer,
      values: candidate.chosen.seeds.map(({ steps, validation = scale.worst }) =>
        inSteps ? -Math.min(steps, plan.steps) : merit(scale, validation),
      ),
    });
    const verdicts = againstLeader(sample(leader), others.map(sample), {
      resolution: inSteps ? plan.evaluateEvery : 0,
    });
    const logRanks =
      inSteps && group === 1
        ? holm(others.map((other) => pairedLogRankTest(stepsOf(leader), stepsOf(other))))
        : [];
    groups.set(leader, group);
    remaining = others.filter((other, i) => {
      const verdict = verdicts[i];
      const logRankPValue = logRanks[i];
      if (group === 1 && verdict?.behind !== undefined && verdict.pValue !== undefined) {
        standings.set(other, {
          quantity: inSteps ? "steps to the target" : quantityOf(scale),
          behind: verdict.behind,
          pValue: verdict.pValue,
          ...(Number.isFinite(verdict.moreSeeds) ? { moreSeeds: verdict.moreSeeds } : {}),
          ...(logRankPValue === undefined ? {} : { logRankPValue }),
        });
      }
      if (verdict?.distinguishable === true) return true;
      groups.set(other, group);
      return false;
    });
  }
  return { groups, standings };
}

function entryOf(
  scale: Scale,
  plan: ComparisonPlan,
  { submission, points, chosen, failures }: Candidate,
  rank: number,
  group: number | undefined,
  standing: EntryStanding | undefined,
): ComparisonEntry {
  const { learningRate, seeds } = chosen;
  const validation = metricEstimate(
    scale,
    seeds.map((seed) => seed.validation),
  );
  const test = metricEstimate(
    scale,
    seeds.map((seed) => seed.test),
  );
  return {
    optimizer: submission.optimizer,
    ...(group === undefined ? { unmeasured: endOf(seeds) } : { rank, group }),
    ...(learningRate === undefined ? {} : { learningRate }),
    tuned: submission.tuned,
    stepsToTarget: costOf(scale, plan, seeds, ({ steps }) => steps),
    secondsToTarget: costOf(scale, plan, seeds, ({ cpuSeconds }) => cpuSeconds),
    arrivals: arrivalsOf({ chosen }),
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
    curves: {
      loss: curveOf(seeds, "loss"),
      ...(seeds.some(({ curve }) => curve.some(({ accuracy }) => accuracy !== undefined))
        ? { accuracy: curveOf(seeds, "accuracy") }
        : {}),
    },
    sensitivity: points.flatMap(({ learningRate, medianSteps, seeds }) => {
      const best = metricEstimate(
        scale,
        seeds.map((seed) => seed.best),
      );
      return learningRate === undefined || best === undefined
        ? []
        : [{ learningRate, stepsToTarget: medianSteps, best }];
    }),
    ...(standing === undefined ? {} : { standing }),
    failures,
  };
}

function costOf(
  scale: Scale,
  plan: ComparisonPlan,
  seeds: readonly SeedFinding[],
  quantity: (seed: SeedFinding) => number,
): Cost {
  const values = seeds.map(quantity);
  const value = median(values);
  if (Number.isFinite(value))
    return { kind: "reached", value, low: Math.min(...values), high: Math.max(...values) };
  const hits = values.filter(Number.isFinite).length;
  const best = bestOf(scale, measuredOf(seeds.map((seed) => seed.best)));
  if (best === undefined)
    return {
      kind: "missed",
      reason: `${endOf(seeds)} with ${seeds.length === 1 ? "its one seed" : `all ${seeds.length} seeds`}`,
    };
  return {
    kind: "missed",
    reason: `${hits} of ${counted(seeds.length, "seed")} reached ${plan.target.value} in ${counted(plan.steps, "step")}; best validation ${scale.metric} ${valueText(scale, best)}`,
  };
}

/** How seeds ended of which none came to its end. */
const endOf = (seeds: readonly SeedFinding[]): "diverged" | "failed" =>
  seeds.every(({ kind }) => kind === "diverged") ? "diverged" : "failed";

const measuredOf = (values: readonly (number | undefined)[]): readonly number[] =>
  values.filter((value) => value !== undefined);

/**
 * The mean of what was measured of a metric, geometric on a logarithmic scale, with its interval, that of
 * accuracy within [0, 1]; undefined where nothing was.
 */
function metricEstimate(scale: Scale, found: readonly (number | undefined)[]): Estimate | undefined {
  const [only, ...others] = measuredOf(found);
  if (only === undefined) return undefined;
  if (others.length === 0) return { value: only, low: only, high: only };
  const values = [only, ...others].map((value) => onScale(scale, value));
  const value = offScale(scale, mean(values));
  const interval = meanInterval(values, level);
  const [low, high] = [offScale(scale, interval.low), offScale(scale, interval.high)];
  return scale.metric === "accuracy"
    ? { value, low: Math.max(0, low), high: Math.min(1, high) }
    : { value, low, high };
}

const intervalMethod = (seeds: number): string =>
  seeds < 2 ? "none from one seed" : `${meanIntervalMethod(seeds)} over ${seeds} seeds`;

/** The evaluations of all seeds, step by step; a seed that ended early is left out of the later steps. */
function curveOf(seeds: readonly SeedFinding[], metric: Metric): Curve {
  const bySteps = new Map<number, CurvePoint[]>();
  for (const { curve } of seeds) {
    for (const point of curve) {
      const known = bySteps.get(point.step);
      if (known === undefined) bySteps.set(point.step, [point]);
      else known.push(point);
    }
  }
  const steps = [...bySteps.keys()].toSorted((a, b) => a - b);
  const points = steps.map((step) => bySteps.get(step) ?? []);
  const values = points.map((at) => at.map((point) => metricOf(point, metric)));
  return {
    steps,
    seconds: points.map((at) => mean(at.map(({ cpuSeconds }) => cpuSeconds))),
    value: values.map(median),
    low: values.map((at) => Math.min(...at)),
    high: values.map((at) => Math.max(...at)),
  };
}
