import { SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { mean, midRanks, standardDeviation } from "./descriptive.js";
import { studentCentralProbability } from "./distributions.js";
import { type Interval, studentInterval } from "./intervals.js";

/** Up to this many pairs every assignment of signs is counted; above, signs are drawn. */
const exactLimit = 16;

/**
 * a − b pair by pair. Pairing by seed removes what two runs share: initialisation and the order of the data.
 *
 * @throws SteepestError when the lengths differ.
 */
export function differences(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length !== b.length) {
    throw new SteepestError(
      "invalid-value",
      `paired values need equal counts, found ${a.length} and ${b.length}`,
      "Pair the runs by seed, leaving out seeds that one side lacks",
    );
  }
  return a.map((value, i) => value - (b[i] ?? Number.NaN));
}

/** The mean difference of paired values with its Student interval. */
export const pairedDifference = (a: readonly number[], b: readonly number[], level = 0.95): Interval =>
  studentInterval(differences(a, b), level);

/** How signs are drawn where there are too many pairs to count every assignment. */
export interface SignFlipOptions {
  readonly replicates?: number;
  readonly seed?: number;
}

/**
 * The two-sided p-value of "the differences are symmetric about 0": the share of sign assignments whose |sum|
 * is at least the observed one (Fisher 1935). Exact up to 16 differences, else by seeded draws with (1 +
 * hits) / (1 + draws). n differences cannot give less than 2^(1−n): three never reach 5 %.
 */
export function signFlipTest(
  values: readonly number[],
  { replicates = 10_000, seed = 0 }: SignFlipOptions = {},
): number {
  const total = (sign: (i: number) => number) =>
    Math.abs(values.reduce((sum, value, i) => sum + sign(i) * value, 0));
  // Sums of the same numbers in other signs differ by rounding: a tie must count as "at least".
  const observed = total(() => 1) - 1e-12 * values.reduce((sum, value) => sum + Math.abs(value), 0);
  if (values.length <= exactLimit) {
    const assignments = 2 ** values.length;
    let hits = 0;
    for (let bits = 0; bits < assignments; bits++)
      if (total((i) => ((bits >> i) & 1 ? -1 : 1)) >= observed) hits++;
    return hits / assignments;
  }
  const stream = randomStream(seed, "sign-flip");
  let hits = 0;
  for (let r = 0; r < replicates; r++) if (total(() => (stream.uniform() < 0.5 ? -1 : 1)) >= observed) hits++;
  return (1 + hits) / (1 + replicates);
}

/**
 * Wilcoxon's signed-rank test (1945), two-sided: the sign-flip test on the ranks of |difference|, zeros left
 * out, ties by mean rank. p = 1 when every difference is 0.
 */
export function signedRankTest(values: readonly number[], options: SignFlipOptions = {}): number {
  const present = values.filter((value) => value !== 0);
  const ranks = midRanks(present.map(Math.abs));
  return signFlipTest(
    present.map((value, i) => Math.sign(value) * (ranks[i] ?? 0)),
    options,
  );
}

/**
 * What the difference of two values scatters at least that are rounded to a resolution h: a rounded value has
 * the variance h²/12 beside its own.
 */
export const roundingDeviation = (resolution: number): number => resolution / Math.sqrt(6);

/** A test's statistic and its two-sided p-value. */
export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Student's paired test: |t|, the mean of the differences over its standard error, and its p-value, exact for
 * normal differences. Identical values give p = 1, a constant difference 0.
 *
 * @param leastDeviation what the differences scatter at least, where it is known
 */
export function studentTest(values: readonly number[], leastDeviation = 0): TestResult {
  const centre = Math.abs(mean(values));
  if (centre === 0) return { statistic: 0, pValue: 1 };
  const deviation = Math.max(standardDeviation(values), leastDeviation);
  const statistic = centre / (deviation / Math.sqrt(values.length));
  return { statistic, pValue: 1 - studentCentralProbability(statistic, values.length - 1) };
}

/** The p-value of {@link studentTest}. */
export const pairedStudentTest = (values: readonly number[]): number => studentTest(values).pValue;
