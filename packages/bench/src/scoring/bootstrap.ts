import { randomStream } from "@steepest/random";
import { type Interval, percentileInterval } from "../statistics/intervals.js";
import { medianTimes, type ScoringOptions, scoreMedians } from "./field.js";
import { tauGrid } from "./profile.js";
import type { StudyTimes, TimesToTarget } from "./times.js";

/** How studies are resampled. */
export interface ResamplingOptions extends ScoringOptions {
  /** Bootstrap replicates, 2000 by default. */
  readonly replicates?: number;
  /** The replicates are a pure function of it, 0 by default. */
  readonly seed?: number;
  /** Coverage of intervals and bands, 0.95 by default. */
  readonly level?: number;
}

/** What varies with the studies that happened to be run. */
export interface Resampled {
  /** Of each submission's score. */
  readonly intervals: readonly Interval[];
  /** Of each submission's profile, at each τ of the grid. */
  readonly bands: readonly Band[];
}

/** Bounds of a curve. */
export interface Band {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** As many studies as there are, drawn with replacement; a study keeps its workloads together. */
const redraw = (studies: readonly StudyTimes[], integer: (limit: number) => number): readonly StudyTimes[] =>
  studies.flatMap(() => studies[integer(studies.length)] ?? []);

/**
 * The bootstrap over studies: each replicate draws the studies of every submission anew and scores the whole
 * field, with its column minima and its rules. Percentiles are taken as they are: the acceleration of BCa
 * rests on a jackknife, which fails for medians.
 */
export function bootstrapField(
  { workloads, submissions }: TimesToTarget,
  scores: readonly number[],
  { replicates = 2000, seed = 0, level = 0.95, ...options }: ResamplingOptions,
): Resampled {
  const { integer } = randomStream(seed, "studies");
  const taus = tauGrid(options.tauMax);
  const scored = workloads.filter(({ base }) => base === undefined).length;
  const draws = submissions.map((): number[] => []);
  // At each τ a profile takes one of few values: counting them gives its percentiles without keeping it.
  const counts = submissions.map(() => taus.map(() => new Uint32Array(scored + 1)));
  for (let replicate = 0; replicate < replicates; replicate++) {
    const field = scoreMedians(
      submissions.map(({ studies }) => medianTimes(redraw(studies, integer), workloads.length)),
      workloads,
      options,
    );
    for (const [row, score] of field.scores.entries()) draws[row]?.push(score);
    for (const [row, ratios] of field.ratios.entries()) countProfile(ratios, taus, counts[row] ?? []);
  }
  return {
    intervals: draws.map((values, row) => percentileInterval(scores[row] ?? Number.NaN, values, level)),
    bands: counts.map((columns) => ({
      low: columns.map((column) => quantileOfCounts(column, (1 - level) / 2) / scored),
      high: columns.map((column) => quantileOfCounts(column, (1 + level) / 2) / scored),
    })),
  };
}

function countProfile(
  ratios: readonly number[],
  taus: readonly number[],
  columns: readonly Uint32Array[],
): void {
  const ordered = ratios.filter(Number.isFinite).toSorted((a, b) => a - b);
  let solved = 0;
  for (const [at, tau] of taus.entries()) {
    while (solved < ordered.length && (ordered[solved] ?? Number.POSITIVE_INFINITY) <= tau) solved++;
    const column = columns[at];
    if (column !== undefined) column[solved] = (column[solved] ?? 0) + 1;
  }
}

/** The least value that at least a share p of what was counted does not exceed. */
function quantileOfCounts(counts: Uint32Array, p: number): number {
  const wanted = p * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of counts.entries()) {
    seen += count;
    if (seen >= wanted && count > 0) return value;
  }
  return counts.length - 1;
}
