import type { Evaluation, Metric, Target } from "./workload.js";

/** Whether more or less of a metric is better. */
export const directionOf = { accuracy: "max", loss: "min" } as const satisfies Readonly<
  Record<Metric, Target["direction"]>
>;

/** Whether a value of a metric is strictly better than another; NaN never is. */
export const isBetter = (metric: Metric, value: number, than: number): boolean =>
  directionOf[metric] === "max" ? value > than : value < than;

/** Whether a value of a metric reaches a target, as AlgoPerf compares: equality counts, NaN never does. */
export const reaches = (metric: Metric, value: number, target: number): boolean =>
  directionOf[metric] === "max" ? value >= target : value <= target;

/** A metric among what was measured; NaN where it was not, so that it reaches nothing. */
export const metricOf = (measured: Readonly<Partial<Pick<Evaluation, Metric>>>, metric: Metric): number =>
  measured[metric] ?? Number.NaN;
