import { mean, standardDeviation } from "./descriptive.js";
import { normalCdf, normalQuantile, studentCriticalValue } from "./distributions.js";
import { roundingDeviation } from "./paired.js";

/** What a planned comparison shall be able to tell. */
export interface PowerOptions {
  /** Chance of calling a difference that is none, 0.05 by default. */
  readonly alpha?: number;
  /** Chance of telling the difference if it is there, 0.8 by default. */
  readonly power?: number;
}

/** Beyond this many values nobody plans; a difference that needs more is as good as none. */
const mostValues = 100_000;

/** Intervals of the quadrature, narrower towards 0, where one degree of freedom with a large c lives. */
const intervals = 400;

/**
 * P(|T| > c) of the noncentral t distribution: the chance that Student's test at the critical value c tells a
 * mean that lies `noncentrality` standard errors from 0. With U = √(χ²/ν) it is E[P(|Z + λ| > c U)], by
 * Simpson's rule over the density of U.
 */
export function studentPower(critical: number, degreesOfFreedom: number, noncentrality: number): number {
  const spread = 9 / Math.sqrt(2 * degreesOfFreedom);
  const [low, high] = [Math.max(0, 1 - spread), 1 + spread];
  let [told, total] = [0, 0];
  for (let i = 0; i <= intervals; i++) {
    const place = i / intervals;
    const u = low + (high - low) * place * place;
    const simpson = place * (i === intervals ? 1 : i % 2 === 1 ? 4 : 2);
    // u^(ν−1) e^(−ν u²/2) over its value at 1.
    const density = u ** (degreesOfFreedom - 1) * Math.exp((degreesOfFreedom * (1 - u * u)) / 2);
    const missed = normalCdf(critical * u - noncentrality) - normalCdf(-critical * u - noncentrality);
    told += simpson * density * (1 - missed);
    total += simpson * density;
  }
  return told / total;
}

/** From as many values the normal law says it to less than one value, with the correction z²/2. */
const asymptotic = 300;

/**
 * The least n for which Student's test with degrees(n) degrees of freedom tells a mean that lies effect · √n
 * standard errors from 0; infinite where nobody would plan so many.
 */
function leastEnough(
  effect: number,
  degrees: (n: number) => number,
  { alpha = 0.05, power = 0.8 }: PowerOptions,
): number {
  const critical = normalQuantile(1 - alpha / 2);
  // What would be enough if the standard deviation were known: fewer than are.
  const known = ((critical + normalQuantile(power)) / effect) ** 2;
  if (!(known <= mostValues)) return Number.POSITIVE_INFINITY;
  if (known >= asymptotic) return Math.ceil(known + ((critical * critical) / 2) * (known / degrees(known)));
  for (let n = Math.max(2, Math.floor(known)); ; n++) {
    const freedom = degrees(n);
    if (studentPower(studentCriticalValue(1 - alpha, freedom), freedom, effect * Math.sqrt(n)) >= power)
      return n;
  }
}

/**
 * How many differences Student's paired test needs to tell a mean of `effect` standard deviations: the least
 * n whose power is enough; infinite for an effect of 0.
 */
export const pairsNeeded = (effect: number, options: PowerOptions = {}): number =>
  leastEnough(effect, (n) => n - 1, options);

/** The same for two samples of n each, whose means lie `effect` standard deviations apart. */
export const sampleSizeNeeded = (effect: number, options: PowerOptions = {}): number =>
  leastEnough(effect / Math.SQRT2, (n) => 2 * n - 2, options);

/**
 * How many more pairs would tell the mean difference apart, were the difference and the scatter seen the true
 * ones; infinite where no difference is seen. At least 1: it is asked where the pairs at hand do not.
 *
 * @param resolution differences up to it never count, and scatter at least by what rounding to it adds
 */
export function morePairs(values: readonly number[], resolution = 0, options: PowerOptions = {}): number {
  const difference = Math.abs(mean(values));
  if (!(difference > resolution)) return Number.POSITIVE_INFINITY;
  const scatter = Math.max(standardDeviation(values), roundingDeviation(resolution));
  return Math.max(1, pairsNeeded(difference / scatter, options) - values.length);
}

/**
 * The same for two samples of which each gets so many values more. The exchange test, which is exact, cannot
 * give p < alpha to fewer than `exchangeable` values each.
 */
export function moreInEach(a: readonly number[], b: readonly number[], options: PowerOptions = {}): number {
  const present = Math.min(a.length, b.length);
  const difference = Math.abs(mean(a) - mean(b));
  if (present < 2 || !(difference > 1e-12)) return Number.POSITIVE_INFINITY;
  const scatter = Math.sqrt((standardDeviation(a) ** 2 + standardDeviation(b) ** 2) / 2);
  const needed = Math.max(
    exchangeable(options.alpha ?? 0.05),
    sampleSizeNeeded(difference / scatter, options),
  );
  return Math.max(1, needed - present);
}

/** The least n for which 2 / C(2n, n), the least p-value of the exchange test, is below alpha. */
function exchangeable(alpha: number): number {
  let least = 2;
  for (let n = 1; ; n++) {
    // C(2n, n) = C(2n − 2, n − 1) · 2 (2n − 1)/n, and the least p-value is 2 over it.
    least = n === 1 ? 1 : (least * n) / (2 * (2 * n - 1));
    if (least < alpha) return n;
  }
}
