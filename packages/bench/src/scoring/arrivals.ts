import { type CensoredTime, censoredMedian } from "../statistics/censored.js";
import type { Interval } from "../statistics/intervals.js";
import { clockReadings, figure } from "./rules/clock.js";
import type { WorkloadTarget } from "./rules/ruleset.js";

/**
 * What the studies of a submission say of the time to one target, those included that did not reach it: they
 * take longer than any that did, as all had the same budget.
 */
export interface Arrival {
  /** Studies that reached the target within the budget. */
  readonly reached: number;
  /** Studies with a usable log. */
  readonly studies: number;
  /**
   * The median time by Kaplan and Meier, with its interval; infinite where the studies do not reach so far.
   * The official median differs from it for even counts alone, of which it averages the middle two. Absent for
   * a single study, which says nothing of the others.
   */
  readonly median?: Interval;
  /** The same as a sentence. */
  readonly text: string;
}

/** The time to a target as it is known: where there is no log, not at all. */
export const censored = (seconds: number): CensoredTime | undefined =>
  Number.isNaN(seconds) ? undefined : { time: seconds, reached: Number.isFinite(seconds) };

/** What the times of several studies to one target say; undefined where there is no log. */
export function arrivalOf(seconds: readonly number[], { clock }: WorkloadTarget): Arrival | undefined {
  const times = seconds.map(censored).filter((time) => time !== undefined);
  if (times.length === 0) return undefined;
  const reached = times.filter((time) => time.reached).length;
  if (times.length === 1) return { reached, studies: 1, text: `${reached} of 1 study reached the target` };
  const median = censoredMedian(times);
  const on = (time: number): string =>
    Number.isFinite(time) ? clockReadings(clock).text(figure(time)) : "beyond the budget";
  return {
    ...{ reached, studies: times.length, median },
    text: `${reached} of ${times.length} studies reached the target; the median by Kaplan and Meier is ${on(median.estimate)} (95 %: ${on(median.low)} to ${on(median.high)})`,
  };
}
