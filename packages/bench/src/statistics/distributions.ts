/**
 * The p for which an increasing distribution function reaches it, by bisection to the last bit of [low,
 * high].
 */
function invert(distribution: (x: number) => number, p: number, low: number, high: number): number {
  let [left, right] = [low, high];
  for (;;) {
    const middle = (left + right) / 2;
    if (middle <= left || middle >= right) return middle;
    if (distribution(middle) < p) left = middle;
    else right = middle;
  }
}

/**
 * Φ(x) of the standard normal, to about 1e-15 absolute, by the series of Marsaglia (2004, "Evaluating the
 * normal distribution").
 */
export function normalCdf(x: number): number {
  if (x < -8.3) return 0;
  if (x > 8.3) return 1;
  let term = x;
  let sum = x;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x) * Math.sqrt(0.5 / Math.PI);
}

/** Φ⁻¹(p) for p in [0, 1]; ±Infinity at the ends. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  return invert(normalCdf, p, -8.3, 8.3);
}

/**
 * P(|T| <= t) of Student's distribution with an integer number of degrees of freedom, by the finite
 * trigonometric sums of Abramowitz & Stegun 26.7.3 (odd) and 26.7.4 (even).
 */
export function studentCentralProbability(t: number, degreesOfFreedom: number): number {
  if (t === Number.POSITIVE_INFINITY) return 1;
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const cosine = Math.cos(angle);
  const odd = degreesOfFreedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degreesOfFreedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degreesOfFreedom; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    sum += term;
  }
  const series = Math.sin(angle) * sum;
  return odd ? (2 / Math.PI) * (angle + series) : series;
}

/** The t with P(|T| <= t) = level: the half-width of a two-sided interval in standard errors. */
export const studentCriticalValue = (level: number, degreesOfFreedom: number): number =>
  invert((t) => studentCentralProbability(t, degreesOfFreedom), level, 0, 1e6);
