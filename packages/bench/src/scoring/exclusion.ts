import type { WorkloadTarget } from "./rules/ruleset.js";

/**
 * A submission this many times slower than the fastest has not solved the workload; where performance
 * profiles end.
 */
export const slowestRatio = 4;

/** Why a finite median counts as infinite. */
export type Exclusion =
  /** The variant's base workload was not solved. */
  | "base"
  /** More than four times the fastest. */
  | "slow"
  /** The base workload's variant was not solved. */
  | "variant";

/**
 * Medians after the rules that make some of them infinite. A row for each submission, a column for each
 * workload.
 */
export interface Excluded {
  /** Infinite where excluded or not reached, NaN where there is no log. */
  readonly seconds: readonly (readonly number[])[];
  readonly causes: readonly (readonly (Exclusion | undefined)[])[];
  /** The fastest of each workload at the time of the 4x rule; infinite where nobody solved it. */
  readonly fastest: readonly number[];
}

/** The least of a column; infinite where nothing is finite. */
export function columnMinimum(rows: readonly (readonly number[])[], column: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const value = row[column];
    if (value !== undefined && value < least) least = value;
  }
  return least;
}

/**
 * AlgoPerf's rules of what counts as solved, in its order: a held-out variant only where its base is; nothing
 * beyond four times the column's fastest; a base workload only where its variants are. Missing logs (NaN)
 * count as not solved.
 */
export function exclude(
  medians: readonly (readonly number[])[],
  workloads: readonly WorkloadTarget[],
): Excluded {
  const seconds = medians.map((row) => [...row]);
  const causes = medians.map((row) => row.map((): Exclusion | undefined => undefined));
  const bases = workloads.map(({ base }) => workloads.findIndex(({ name }) => name === base));
  const drop = (row: number, column: number, cause: Exclusion): void => {
    const times = seconds[row];
    const why = causes[row];
    if (times === undefined || why === undefined || !Number.isFinite(times[column])) return;
    times[column] = Number.POSITIVE_INFINITY;
    why[column] = cause;
  };
  const unsolved = (row: number, column: number): boolean => !Number.isFinite(seconds[row]?.[column]);

  for (const row of seconds.keys())
    for (const [column, base] of bases.entries())
      if (base >= 0 && unsolved(row, base)) drop(row, column, "base");
  const fastest = workloads.map((_, column) => columnMinimum(seconds, column));
  for (const [row, times] of seconds.entries())
    for (const [column, time] of times.entries())
      if (time > slowestRatio * (fastest[column] ?? Number.NaN)) drop(row, column, "slow");
  for (const row of seconds.keys())
    for (const [column, base] of bases.entries())
      if (base >= 0 && unsolved(row, column)) drop(row, base, "variant");
  return { seconds, causes, fastest };
}
