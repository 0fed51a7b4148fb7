import { randomStream } from "@steepest/random";
import { type Interval, type ReplicateSums, unbiasedInterval } from "../statistics/intervals.js";
import { medianTimes, type ScoredField, type ScoringOptions, scoreMedians } from "./field.js";
import { profileAt, tauGrid } from "./profile.js";
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

/** Sums that replicates are added to one by one. */
type Sums = { -readonly [Key in keyof ReplicateSums]: number };

const noReplicates = (): Sums => ({ count: 0, sum: 0, squares: 0 });

const add = (sums: Sums | undefined, value: number, estimate = Number.NaN): void => {
  if (sums === undefined) return;
  sums.count++;
  sums.sum += value - estimate;
  sums.squares += (value - estimate) ** 2;
};

/** The part of an interval that lies in [0, 1], where scores and shares are. */
const inUnit = <Bounds extends { readonly low: number; readonly high: number }>(
  interval: Bounds,
): Bounds => ({
  ...interval,
  low: Math.max(0, Math.min(1, interval.low)),
  high: Math.max(0, Math.min(1, interval.high)),
});

/**
 * The bootstrap over studies: each replicate draws the studies of every submission anew and scores the whole
 * field, with its column minima and its rules.
 */
export function bootstrapField(
  { workloads, submissions }: TimesToTarget,
  field: ScoredField,
  { replicates = 2000, seed = 0, level = 0.95, ...options }: ResamplingOptions,
): Resampled {
  const { integer } = randomStream(seed, "studies");
  const taus = tauGrid(options.tauMax);
  const scores = submissions.map(noReplicates);
  const solved = field.ratios.map((ratios) => taus.map((tau) => profileAt(ratios, tau)));
  const profiles = submissions.map(() => taus.map(noReplicates));
  for (let replicate = 0; replicate < replicates; replicate++) {
    const drawn = scoreMedians(
      submissions.map(({ studies }) => medianTimes(redraw(studies, integer), workloads.length)),
      workloads,
      options,
    );
    for (const [row, score] of drawn.scores.entries()) add(scores[row], score, field.scores[row]);
    for (const [row, ratios] of drawn.ratios.entries())
      addProfile(ratios, taus, solved[row] ?? [], profiles[row] ?? []);
  }
  const intervalOf = (estimate: number, sums: ReplicateSums, row: number): Interval =>
    inUnit(unbiasedInterval(estimate, sums, submissions[row]?.studies.length ?? 0, level));
  return {
    intervals: scores.map((sums, row) => intervalOf(field.scores[row] ?? Number.NaN, sums, row)),
    bands: profiles.map((columns, row) =>
      rising(columns.map((sums, at) => intervalOf(solved[row]?.[at] ?? Number.NaN, sums, row))),
    ),
  };
}

/** Adds what a profile is at each τ of the grid, where it was `estimates`. */
function addProfile(
  ratios: readonly number[],
  taus: readonly number[],
  estimates: readonly number[],
  columns: readonly Sums[],
): void {
  const ordered = ratios.filter(Number.isFinite).toSorted((a, b) => a - b);
  let solved = 0;
  for (const [at, tau] of taus.entries()) {
    while (solved < ordered.length && (ordered[solved] ?? Number.POSITIVE_INFINITY) <= tau) solved++;
    add(columns[at], solved / ratios.length, estimates[at]);
  }
}

/** A profile never falls, so what bounds it before bounds it from below after, and the other way round. */
function rising(intervals: readonly Interval[]): Band {
  const low = intervals.map((interval) => interval.low);
  const high = intervals.map((interval) => interval.high);
  for (let i = 1; i < low.length; i++) low[i] = Math.max(low[i] ?? 0, low[i - 1] ?? 0);
  for (let i = high.length - 2; i >= 0; i--) high[i] = Math.min(high[i] ?? 1, high[i + 1] ?? 1);
  return { low, high };
}
