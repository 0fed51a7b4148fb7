import { type Interval, studentInterval } from "./intervals.js";
import { correctForLeader, uncorrectedLevel } from "./leader.js";
import { differences, roundingDeviation, studentTest } from "./paired.js";
import { morePairs } from "./power.js";

/**
 * The p-values of several tests, corrected so that any false rejection among them has at most the nominal
 * chance (Holm 1979). In the order given.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, i) => i).toSorted((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const corrected = new Array<number>(pValues.length).fill(1);
  let running = 0;
  for (const [rank, index] of order.entries()) {
    running = Math.max(running, Math.min(1, (pValues.length - rank) * (pValues[index] ?? 1)));
    corrected[index] = running;
  }
  return corrected;
}

/**
 * The p-value below which two are called different. Less than 5 %, so that of a thousand comparisons of one
 * optimizer with itself at most 5 % find a winner, the luck of the thousand included.
 */
export const significance = 0.04;

/** One candidate's values, one a seed, in the same order of seeds for all. */
export interface Sample {
  readonly name: string;
  readonly values: readonly number[];
}

/** How one candidate stands against a leader. */
export interface Standing {
  readonly name: string;
  /**
   * Leader minus this one, mean over the seeds, with its 95 % interval; absent where there are fewer than two
   * seeds.
   */
  readonly behind?: Interval;
  /**
   * Corrected for the number of candidates and the choice of the leader among them; absent where there are
   * fewer than two seeds.
   */
  readonly pValue?: number;
  /** Whether the seeds can tell it from the leader. */
  readonly distinguishable: boolean;
  /**
   * How many more seeds would tell it from the leader with a chance of 80 %, were difference and scatter those
   * seen; infinite where no difference is seen. Absent where it is distinguishable or there are fewer than two
   * seeds.
   */
  readonly moreSeeds?: number;
}

/** What counts as a difference. */
export interface VerdictOptions {
  /** Chance of calling any difference that is none, {@link significance} by default. */
  readonly alpha?: number;
  /**
   * The resolution of the values: a mean difference up to it is never called one, however often it repeats,
   * and differences scatter by what rounding to it adds, however alike they look. 0 by default.
   */
  readonly resolution?: number;
}

/** From as many seeds the correction that a plan has to meet hardly depends on their number. */
const plannedSeeds = 10;

/**
 * Who cannot be told from a leader, the best of all: paired Student tests of each against it, corrected by
 * {@link correctForLeader}. In the order given. Fewer than two seeds tell nothing apart.
 *
 * @throws SteepestError when a candidate has another number of values than the leader.
 */
export function againstLeader(
  leader: Sample,
  others: readonly Sample[],
  { alpha = significance, resolution = 0 }: VerdictOptions = {},
): readonly Standing[] {
  const gaps = others.map(({ name, values }) => ({ name, gap: differences(leader.values, values) }));
  if (leader.values.length < 2) return gaps.map(({ name }) => ({ name, distinguishable: false }));
  const count = leader.values.length;
  const tests = gaps.map(({ gap }) => studentTest(gap, roundingDeviation(resolution)));
  const pValues = correctForLeader(tests, count);
  return gaps.map(({ name, gap }, i) => {
    const pValue = pValues[i] ?? 1;
    const behind = studentInterval(gap);
    const distinguishable = pValue < alpha && Math.abs(behind.estimate) > resolution;
    if (distinguishable) return { name, behind, pValue, distinguishable };
    const left = tests.filter((test) => test.pValue >= (tests[i]?.pValue ?? 1)).length;
    const level = uncorrectedLevel(alpha, left, Math.max(count, plannedSeeds));
    const moreSeeds = morePairs(gap, resolution, { alpha: level });
    return { name, behind, pValue, distinguishable, moreSeeds };
  });
}
