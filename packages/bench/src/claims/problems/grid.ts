/** low · 10^(0, ½, 1, …) up to `high`: two values a decade, rounded to be read. Both ends are such powers. */
export function halfDecades(low: number, high: number): readonly number[] {
  const [from, to] = [Math.round(2 * Math.log10(low)), Math.round(2 * Math.log10(high))];
  return Array.from({ length: to - from + 1 }, (_, i) => Number((10 ** ((from + i) / 2)).toPrecision(2)));
}

/** The first index of the smallest value. A value that is not a number counts as infinite. */
export function argMin(values: readonly number[]): number {
  let best = 0;
  for (const [i, value] of values.entries())
    if (value < (values[best] ?? 0) || Number.isNaN(values[best])) best = i;
  return best;
}

/**
 * The x of the smallest y: where the parabola through the least value and its neighbours has its minimum, or
 * the end of the grid where the least value is there. x is equidistant.
 */
export function minimiserOf(x: readonly number[], y: readonly number[]): number {
  const i = argMin(y);
  const [centre, left, middle, right] = [x[i] ?? Number.NaN, y[i - 1], y[i] ?? Number.NaN, y[i + 1]];
  if (left === undefined || right === undefined) return centre;
  const curvature = left - 2 * middle + right;
  // A neighbour that diverged says no more than that the minimum is not there.
  if (!(curvature > 0 && Number.isFinite(curvature))) return centre;
  return centre + (((x[i + 1] ?? centre) - centre) * (left - right)) / (2 * curvature);
}
