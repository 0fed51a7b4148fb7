import { directionOf, type Metric, metricOf } from "@steepest/workloads";
import type { TrialRecord } from "./record.js";

/** The metric that a comparison is decided by, and what a trial without a result counts as in it. */
export interface Scale {
  readonly metric: Metric;
  readonly worst: number;
}

/** The scale of a comparison by a metric. */
export const scaleOf = (metric: Metric, records: readonly TrialRecord[]): Scale => ({
  metric,
  worst: worstValue(metric, records),
});

/**
 * What is no better than anything measured: accuracy 0, or the largest finite loss among all evaluations, so
 * that means over seeds stay numbers.
 */
function worstValue(metric: Metric, records: readonly TrialRecord[]): number {
  if (directionOf[metric] === "max") return 0;
  const found = records.flatMap(({ curve, outcome }) => [
    ...curve.map((point) => metricOf(point, metric)),
    ...(outcome.kind === "completed" ? [metricOf(outcome.result.validation, metric)] : []),
  ]);
  return found.filter(Number.isFinite).reduce((worst, value) => Math.max(worst, value), 0);
}

/** An order of numbers in which infinities equal themselves. */
export const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a - b);

/** The order of values of the metric, best first. */
export const compareValues = ({ metric }: Scale, a: number, b: number): number =>
  directionOf[metric] === "max" ? compareNumbers(b, a) : compareNumbers(a, b);

/** The best of some values; undefined where there is none. */
export const bestOf = (scale: Scale, values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => compareValues(scale, a, b))[0];

/** A value turned so that more is better. */
export const merit = ({ metric }: Scale, value: number): number =>
  directionOf[metric] === "max" ? value : -value;

/** A value of the metric in a sentence. */
export const valueText = ({ metric }: Scale, value: number): string =>
  metric === "accuracy" ? value.toFixed(4) : String(Number(value.toPrecision(4)));
