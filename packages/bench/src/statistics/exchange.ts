import { randomStream } from "@steepest/random";
import { mean, midRanks } from "./descriptive.js";

/** How exchanges are drawn where there are too many to try every one. */
export interface ExchangeOptions {
  /** Up to this many exchanges every one is tried; above, this many are drawn. 2000 by default. */
  readonly most?: number;
  readonly seed?: number;
}

/** C(n, k), exact while it is below 2⁵³. */
function choose(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return Math.round(count);
}

/** Every choice of k of the first n indices. */
function* choices(n: number, k: number, first = 0): Generator<readonly number[]> {
  if (k === 0) {
    yield [];
    return;
  }
  for (let i = first; i <= n - k; i++) for (const rest of choices(n, k - 1, i + 1)) yield [i, ...rest];
}

/**
 * The two-sided p-value of "both samples come from one distribution" (Fisher's and Pitman's permutation
 * test): the share of exchanges between the samples whose |statistic| is at least the observed one. Exact for
 * any distribution and any statistic; with drawn exchanges (1 + hits) / (1 + draws). Two samples of five
 * cannot give less than 2/252.
 *
 * @param statistic of the two samples; 0 where nothing tells them apart
 */
export function exchangeTest<Value>(
  a: readonly Value[],
  b: readonly Value[],
  statistic: (a: readonly Value[], b: readonly Value[]) => number,
  { most = 2000, seed = 0 }: ExchangeOptions = {},
): number {
  const pooled = [...a, ...b];
  // The same studies in another order give sums that differ by rounding: a tie must count as "at least".
  const observed = Math.abs(statistic(a, b)) - 1e-12;
  const reaches = (chosen: ReadonlySet<number>): boolean =>
    Math.abs(
      statistic(
        pooled.filter((_, i) => chosen.has(i)),
        pooled.filter((_, i) => !chosen.has(i)),
      ),
    ) >= observed;
  const total = choose(pooled.length, a.length);
  if (total <= most) {
    let hits = 0;
    for (const chosen of choices(pooled.length, a.length)) if (reaches(new Set(chosen))) hits++;
    return hits / total;
  }
  const stream = randomStream(seed, "exchange");
  const order = new Int32Array(pooled.length);
  let hits = 0;
  for (let draw = 0; draw < most; draw++)
    if (reaches(new Set(stream.permutation(pooled.length, order).subarray(0, a.length)))) hits++;
  return (1 + hits) / (1 + most);
}

/**
 * The two-sided p-value of "both samples come from one distribution" by ranks (Wilcoxon 1945, Mann & Whitney
 * 1947): the exchange test on mean ranks, exact with ties.
 */
export function rankSumTest(
  a: readonly number[],
  b: readonly number[],
  options: ExchangeOptions = {},
): number {
  const ranks = midRanks([...a, ...b]);
  return exchangeTest(
    ranks.slice(0, a.length),
    ranks.slice(a.length),
    (left, right) => mean(left) - mean(right),
    options,
  );
}
