import type { ScoreData } from "./data.js";

/** Infinities have no place in JSON. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/**
 * The score as plain JSON: times and ratios that are infinite or missing are null, with their reason. Beside
 * a cell's official time stands what all its studies say, and last what tells any two submissions apart.
 */
export const scoreJson = ({ rules, tauMax, submissions, workloads, cells, pairs }: ScoreData) => ({
  rules,
  tauMax,
  submissions: submissions.map(({ name, score, interval, rank }) => ({
    name,
    score,
    interval: [interval.low, interval.high],
    rank,
  })),
  workloads: workloads.map(({ name }) => name),
  cells: cells.map(({ submission, workload, seconds, ratio, reason, arrival }) => ({
    submission,
    workload,
    time: finite(seconds),
    ratio: finite(ratio),
    reason,
    ...(arrival === undefined ? {} : { studies: { reached: arrival.reached, of: arrival.studies } }),
    ...(arrival?.median === undefined
      ? {}
      : {
          kaplanMeier: {
            median: finite(arrival.median.estimate),
            interval: [finite(arrival.median.low), finite(arrival.median.high)],
          },
        }),
  })),
  pairs: pairs.map(({ first, second, difference, pValue, distinguishable, timesPValue }) => ({
    ...{ first, second, difference, pValue, distinguishable, timesPValue },
  })),
});
