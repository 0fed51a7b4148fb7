import { type Interval, studentInterval } from "./intervals.js";
import { differences, pairedStudentTest } from "./paired.js";

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
   * Holm-corrected over all candidates compared with the leader; absent where there are fewer than two seeds.
   */
  readonly pValue?: number;
  /** Whether the seeds can tell it from the leader. */
  readonly distinguishable: boolean;
}

/** What counts as a difference. */
export interface VerdictOptions {
  /** Chance of calling any difference that is none, 0.05 by default. */
  readonly alpha?: number;
  /**
   * The resolution of the values: a mean difference up to it is never called one, however often it repeats. 0
   * by default.
   */
  readonly resolution?: number;
}

/**
 * Who cannot be told from a leader: paired Student tests of each against it, Holm-corrected. In the order
 * given. Fewer than two seeds tell nothing apart.
 *
 * @throws SteepestError when a candidate has another number of values than the leader.
 */
export function againstLeader(
  leader: Sample,
  others: readonly Sample[],
  { alpha = 0.05, resolution = 0 }: VerdictOptions = {},
): readonly Standing[] {
  const gaps = others.map(({ name, values }) => ({ name, gap: differences(leader.values, values) }));
  if (leader.values.length < 2) return gaps.map(({ name }) => ({ name, distinguishable: false }));
  const pValues = holm(gaps.map(({ gap }) => pairedStudentTest(gap)));
  return gaps.map(({ name, gap }, i) => {
    const pValue = pValues[i] ?? 1;
    const behind = studentInterval(gap);
    const distinguishable = pValue < alpha && Math.abs(behind.estimate) > resolution;
    return { name, behind, pValue, distinguishable };
  });
}
