import type { ScoreData } from "./data.js";

/** Infinities have no place in JSON. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The score as plain JSON: times and ratios that are infinite or missing are null, with their reason. */
export const scoreJson = ({ rules, tauMax, submissions, workloads, cells }: ScoreData) => ({
  rules,
  tauMax,
  submissions: submissions.map(({ name, score, interval, rank }) => ({
    name,
    score,
    interval: [interval.low, interval.high],
    rank,
  })),
  workloads: workloads.map(({ name }) => name),
  cells: cells.map(({ submission, workload, seconds, ratio, reason }) => ({
    submission,
    workload,
    time: finite(seconds),
    ratio: finite(ratio),
    reason,
  })),
});
