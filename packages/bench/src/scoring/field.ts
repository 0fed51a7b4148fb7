import { median } from "../statistics/descriptive.js";
import { type Excluded, exclude } from "./exclusion.js";
import { performanceRatios, scoreOf } from "./profile.js";
import type { WorkloadTarget } from "./rules/ruleset.js";
import type { ScoringMode, StudyTimes, TimesToTarget } from "./times.js";

/** How scores are computed from times. */
export interface ScoringOptions {
  readonly mode: ScoringMode;
  readonly tauMax: number;
}

/** A field of submissions, scored. A row for each submission. */
export interface ScoredField extends Excluded {
  /** Medians over the studies before any exclusion; NaN where there is no log. */
  readonly medians: readonly (readonly number[])[];
  /** A column for each base workload. */
  readonly ratios: readonly (readonly number[])[];
  readonly scores: readonly number[];
}

/** The median over the studies that have a log, an even count averaged; NaN where none has. */
export const medianTimes = (studies: readonly StudyTimes[], workloads: number): readonly number[] =>
  Array.from({ length: workloads }, (_, column) =>
    median(studies.map(({ seconds }) => seconds[column] ?? Number.NaN).filter((time) => !Number.isNaN(time))),
  );

/** Scores a field from its medians. */
export function scoreMedians(
  medians: readonly (readonly number[])[],
  workloads: readonly WorkloadTarget[],
  { mode, tauMax }: ScoringOptions,
): ScoredField {
  const excluded = exclude(medians, workloads);
  const ratios = performanceRatios(excluded.seconds, workloads);
  return { ...excluded, medians, ratios, scores: ratios.map((row) => scoreOf(row, tauMax, mode)) };
}

/** Scores a field from its studies. */
export const scoreField = ({ workloads, submissions }: TimesToTarget, options: ScoringOptions): ScoredField =>
  scoreMedians(
    submissions.map(({ studies }) => medianTimes(studies, workloads.length)),
    workloads,
    options,
  );
