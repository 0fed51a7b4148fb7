import { directionOf, type Metric, metricOf } from "@steepest/workloads";
import type { TrialRecord } from "./record.js";

/** The metric that a comparison is decided by, and how its values are weighed against each other. */
export interface Scale {
  readonly metric: Metric;
  /** What a trial without a result counts as: no better than anything measured. */
  readonly worst: number;
  /**
   * Whether ratios count in place of differences: losses differ by orders of magnitude, and one run that went
   * far off must not drown all other differences in its variance. So where every loss is above 0.
   */
  readonly logarithmic: boolean;
}

/** The scale of a comparison by a metric: accuracies as they are, losses by their logarithms. */
export function scaleOf(metric: Metric, records: readonly TrialRecord[]): Scale {
  if (directionOf[metric] === "max") return { metric, worst: 0, logarithmic: false };
  const found = records
    .flatMap(({ curve, outcome }) => [
      ...curve.map((point) => metricOf(point, metric)),
      ...(outcome.kind === "completed"
        ? [outcome.result.validation, outcome.result.test].map((split) => metricOf(split, metric))
        : []),
    ])
    .filter(Number.isFinite);
  // The largest finite loss, so that means over seeds stay numbers.
  const worst = found.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return found.length === 0
    ? { metric, worst: 0, logarithmic: false }
    : { metric, worst, logarithmic: found.every((value) => value > 0) };
}

/** A value as it is averaged and compared. */
export const onScale = ({ logarithmic }: Scale, value: number): number =>
  logarithmic ? Math.log(value) : value;

/** The value of which {@link onScale} made this. */
export const offScale = ({ logarithmic }: Scale, value: number): number =>
  logarithmic ? Math.exp(value) : value;

/** An order of numbers in which infinities equal themselves. */
export const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a - b);

/** The order of values of the metric, best first. */
export const compareValues = ({ metric }: Scale, a: number, b: number): number =>
  directionOf[metric] === "max" ? compareNumbers(b, a) : compareNumbers(a, b);

/** The best of some values; undefined where there is none. */
export const bestOf = (scale: Scale, values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => compareValues(scale, a, b))[0];

/** A value on its scale, turned so that more is better. */
export const merit = (scale: Scale, value: number): number =>
  directionOf[scale.metric] === "max" ? onScale(scale, value) : -onScale(scale, value);

/** A value of the metric in a sentence. */
export const valueText = ({ metric }: Scale, value: number): string =>
  metric === "accuracy" ? value.toFixed(4) : String(Number(value.toPrecision(4)));
