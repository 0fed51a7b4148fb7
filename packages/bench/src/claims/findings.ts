import { median } from "../statistics/descriptive.js";
import { type Interval, ratioInterval, studentInterval } from "../statistics/intervals.js";
import type { ChartSeries, Figure } from "./claim.js";

const figure = (name: string, { estimate, low, high, level }: Interval): Figure => ({
  name,
  value: estimate,
  interval: { low, high, level },
});

/** A figure from a value for each seed: their mean with its 95 % interval. */
export const figureOf = (name: string, values: readonly number[], unit?: string): Figure => ({
  ...figure(name, studentInterval(values)),
  ...(unit === undefined ? {} : { unit }),
});

/** A figure from a ratio for each seed: their geometric mean with its 95 % interval. */
export const ratioOf = (name: string, ratios: readonly number[]): Figure =>
  figure(name, ratioInterval(ratios));

/** A figure inside a sentence: its value and interval to three digits. */
export function inWords({ value, interval }: Figure): string {
  const digits = (number: number): string => {
    const rounded = Number(number.toPrecision(3));
    return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
  };
  return interval === undefined
    ? digits(value)
    : `${digits(value)} [${digits(interval.low)}, ${digits(interval.high)}]`;
}

/**
 * A line from a curve for each seed: their median at each x, and all of them between the bounds of the band.
 * Where a curve has ended or is not a number the line has a gap.
 */
export function seriesOf(
  name: string,
  x: ArrayLike<number>,
  curves: readonly ArrayLike<number>[],
  options: Pick<ChartSeries, "dots"> = {},
): ChartSeries {
  const at = (i: number): readonly number[] => curves.map((curve) => curve[i] ?? Number.NaN);
  const over = (statistic: (values: readonly number[]) => number): readonly number[] =>
    Array.from({ length: x.length }, (_, i) => (at(i).some(Number.isNaN) ? Number.NaN : statistic(at(i))));
  return {
    name,
    x,
    y: over(median),
    band: { low: over((values) => Math.min(...values)), high: over((values) => Math.max(...values)) },
    ...options,
  };
}
