/** The arithmetic mean; NaN of nothing. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The sample standard deviation (divisor n − 1); NaN of fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/**
 * The p-quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, NumPy's
 * default). Values may be ±Infinity: an interpolation between a finite value and an infinite one is infinite.
 * NaN of nothing.
 */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => (a === b ? 0 : a - b));
  const position = (sorted.length - 1) * p;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  const fraction = position - Math.floor(position);
  return fraction === 0 || below === above ? below : below * (1 - fraction) + above * fraction;
}

/** The median; an even count averages the two middle values. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Ranks from 1, ties sharing their mean rank. */
export function midRanks(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    let below = 0;
    let equal = 0;
    for (const other of values) {
      if (other < value) below++;
      else if (other === value) equal++;
    }
    return below + (equal + 1) / 2;
  });
}
