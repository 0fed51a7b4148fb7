import type { WorkloadTarget } from "../rules/ruleset.js";

/** Where the metrics of AlgoPerf lie, by the last part of their column. */
const ranges: Readonly<Record<string, readonly [low: number, high: number, hint: string]>> = {
  accuracy: [0, 1, "is it in per cent?"],
  mean_average_precision: [0, 1, "is it in per cent?"],
  ssim: [-1, 1, "is it in per cent?"],
  bleu: [0, 100, "is it a sum?"],
  wer: [0, 50, "is it in per cent?"],
};

/** A check of a metric's values: why one cannot be right, undefined where it can. */
export function valueCheck(metric: string): (value: number) => string | undefined {
  const [low, high, hint] = ranges[metric.slice(metric.lastIndexOf("/") + 1)] ?? [-Infinity, Infinity, ""];
  // Sums over many examples may pass the end by their rounding.
  return (value) =>
    value < low - 1e-6 || value > high + 1e-6
      ? `${metric} is ${value}, outside ${low} to ${high}: ${hint}`
      : undefined;
}

/** A run ends soon after its budget; nobody is a hundred times faster than the budget foresees. */
const [tooSlow, tooFast] = [20, 100];

/** Why the times of a whole log cannot be in the unit of its clock, undefined where they can. */
export function checkUnits(
  { stepHint, clock }: WorkloadTarget,
  budget: number,
  { seconds, step }: { readonly seconds: number; readonly step: number },
): string | undefined {
  // Logs that name their clock are our own.
  if (clock !== undefined) return undefined;
  if (seconds > tooSlow * budget)
    return `score ends at ${seconds}, ${Math.round(seconds / budget)} times the budget of ${budget} s: is it in milliseconds?`;
  if (stepHint === undefined || !Number.isFinite(budget) || step < stepHint / 10) return undefined;
  const planned = budget * Math.min(1, step / stepHint);
  return seconds * tooFast < planned
    ? `score ends at ${seconds} after ${step} steps, for which the budget foresees ${Math.round(planned)} s: is it in hours?`
    : undefined;
}
