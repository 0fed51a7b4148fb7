import { mean } from "./descriptive.js";
import { type Interval, studentInterval } from "./intervals.js";
import { differences, pairedStudentTest } from "./paired.js";

/**
 * The p-values of several tests, corrected so that any false rejection among them has at most the nominal chance (Holm 1979).
 * In the order given.
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

/** How one candidate stands against the leader. */
export interface Standing {
  readonly name: string;
  /** Leader minus this one, mean over the seeds, with its 95 % interval; absent for the leader and where there are fewer than two seeds. */
  readonly behind?: Interval;
  /** Holm-corrected over all candidates behind the leader; absent where there are fewer than two seeds. */
  readonly pValue?: number;
  /** Whether the seeds can tell it from the leader. The leader itself is not distinguishable from the leader. */
  readonly distinguishable: boolean;
}

/**
 * Who leads by mean (larger is better) and who cannot be told from the leader: paired Student tests against it, Holm-corrected at
 * `alpha`. Ordered by mean, best first; equal means keep the given order. Fewer than two seeds tell nothing apart.
 *
 * @throws SteepestError when the candidates have different numbers of values.
 */
export function standings(samples: readonly Sample[], alpha = 0.05): readonly Standing[] {
  const ordered = samples.toSorted((a, b) => mean(b.values) - mean(a.values));
  const [leader, ...others] = ordered;
  if (leader === undefined) return [];
  const gaps = others.map((other) => ({ name: other.name, gap: differences(leader.values, other.values) }));
  const unchallenged: Standing = { name: leader.name, distinguishable: false };
  if (leader.values.length < 2) {
    return [unchallenged, ...gaps.map(({ name }) => ({ name, distinguishable: false }))];
  }
  const pValues = holm(gaps.map(({ gap }) => pairedStudentTest(gap)));
  return [
    unchallenged,
    ...gaps.map(({ name, gap }, i) => {
      const pValue = pValues[i] ?? 1;
      return { name, behind: studentInterval(gap), pValue, distinguishable: pValue < alpha };
    }),
  ];
}
