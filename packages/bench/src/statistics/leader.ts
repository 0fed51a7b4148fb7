import { randomStream } from "@steepest/random";
import { studentCentralProbability } from "./distributions.js";
import type { TestResult } from "./paired.js";

/** Simulated fields for one table; the standard error of a share of 5 % is 0.3 points. */
const draws = 5000;

const tables = new Map<string, Float64Array>();

/**
 * The largest |t| between the best of k equal candidates, by the mean of n values, and any other of them:
 * simulated with normal values, ascending.
 */
function largestStatistics(candidates: number, count: number): Float64Array {
  const key = `${candidates}/${count}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const { normal } = randomStream(0, "leader", candidates, count);
  const values = Array.from({ length: candidates }, () => new Float64Array(count));
  const means = new Float64Array(candidates);
  const largest = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    let leader = 0;
    for (const [candidate, row] of values.entries()) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += row[i] = normal();
      means[candidate] = sum / count;
      if (sum / count > (means[leader] ?? 0)) leader = candidate;
    }
    const best = values[leader] ?? new Float64Array(0);
    for (const [candidate, row] of values.entries()) {
      if (candidate === leader) continue;
      const gap = (means[leader] ?? 0) - (means[candidate] ?? 0);
      let squares = 0;
      for (let i = 0; i < count; i++) squares += ((best[i] ?? 0) - (row[i] ?? 0) - gap) ** 2;
      largest[draw] = Math.max(largest[draw] ?? 0, gap / Math.sqrt(squares / (count - 1) / count));
    }
  }
  tables.set(key, largest.sort());
  return largest;
}

/** The share of a sorted table that is at least t. */
function shareFrom(sorted: Float64Array, t: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < t) low = middle + 1;
    else high = middle;
  }
  return (1 + sorted.length - low) / (1 + sorted.length);
}

/** The pairs among a leader and so many others. */
const pairsOf = (others: number): number => (others * (others + 1)) / 2;

/**
 * The p-values of a leader's tests, corrected for their number and for the leader's having been chosen as the
 * best on the same values: Holm's correction (1979) takes the leader as given, and of twelve equal candidates
 * the best one of ten seeds then "wins" twice too often. Step down: a test's p-value becomes the chance that
 * the best of as many equal candidates as are left looks as much better than some other one (Hsu 1984's
 * multiple comparisons with the best, each difference with its own variance, by simulation), never more than
 * Holm's over all pairs. In the order given.
 */
export function correctForLeader(tests: readonly TestResult[], count: number): readonly number[] {
  const order = tests
    .map((test, index) => ({ ...test, index }))
    .toSorted((a, b) => a.pValue - b.pValue || b.statistic - a.statistic);
  const corrected = new Array<number>(tests.length).fill(1);
  let running = 0;
  for (const [rank, { statistic, pValue, index }] of order.entries()) {
    const others = tests.length - rank;
    // With one other there is no choice to correct for, as the test is two-sided, and no table to make.
    const chance = others === 1 ? pValue : shareFrom(largestStatistics(others + 1, count), statistic);
    running = Math.max(running, Math.min(1, Math.max(pValue, Math.min(chance, pairsOf(others) * pValue))));
    corrected[index] = running;
  }
  return corrected;
}

/**
 * The p-value of one test of `count` values that {@link correctForLeader} makes `alpha` of where `others`
 * candidates are left: what a plan of further values must reach.
 */
export function uncorrectedLevel(alpha: number, others: number, count: number): number {
  if (others < 2) return alpha;
  const table = largestStatistics(others + 1, count);
  // The least statistic of which the corrected p-value is below alpha.
  const critical =
    table[table.length - Math.ceil(alpha * (1 + table.length)) + 1] ?? Number.POSITIVE_INFINITY;
  const alone = 1 - studentCentralProbability(critical, count - 1);
  return Math.min(alpha, Math.max(alpha / pairsOf(others), alone));
}
