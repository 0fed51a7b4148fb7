import { SteepestError } from "@steepest/optim";
import { columnMinimum } from "./exclusion.js";
import type { WorkloadTarget } from "./rules/ruleset.js";
import type { ScoringMode } from "./times.js";

/** Points of the official grid of τ. */
const gridPoints = 100;

/** τ from 1 to `tauMax`, evenly, as the official scorer takes them. */
export const tauGrid = (tauMax: number): readonly number[] =>
  Array.from({ length: gridPoints }, (_, i) =>
    i === gridPoints - 1 ? tauMax : 1 + i * ((tauMax - 1) / (gridPoints - 1)),
  );

/**
 * How many times the fastest submission's time each one took, of the base workloads alone: they are scored,
 * variants only decide. Infinite or NaN where a workload was not solved.
 */
export function performanceRatios(
  seconds: readonly (readonly number[])[],
  workloads: readonly WorkloadTarget[],
): readonly (readonly number[])[] {
  const scored = workloads.flatMap(({ base }, column) => (base === undefined ? [column] : []));
  const fastest = scored.map((column) => columnMinimum(seconds, column));
  return seconds.map((row) =>
    scored.map((column, i) => (row[column] ?? Number.NaN) / (fastest[i] ?? Number.NaN)),
  );
}

/** ρ(τ): the share of workloads solved within τ times the fastest (Dolan & Moré 2002). */
export function profileAt(ratios: readonly number[], tau: number): number {
  let solved = 0;
  for (const ratio of ratios) if (ratio <= tau) solved++;
  return solved / ratios.length;
}

/** ∫₁^τmax ρ dτ / (τmax − 1), a sum of each workload's (τmax − ratio). */
export const exactScore = (ratios: readonly number[], tauMax: number): number =>
  ratios.reduce((sum, ratio) => sum + (ratio <= tauMax ? tauMax - ratio : 0), 0) /
  (ratios.length * (tauMax - 1));

/** The same by the trapezoidal rule on the official grid. */
export function gridScore(ratios: readonly number[], tauMax: number): number {
  // Between equal values a trapezoid is the sum of its ends; the two outermost count half.
  const solved = tauGrid(tauMax).map((tau) => profileAt(ratios, tau));
  const ends = ((solved[0] ?? 0) + (solved.at(-1) ?? 0)) / 2;
  return (solved.reduce((sum, value) => sum + value, 0) - ends) / (gridPoints - 1);
}

/** The score of one submission from its ratios. */
export const scoreOf = (ratios: readonly number[], tauMax: number, mode: ScoringMode): number =>
  mode === "exact" ? exactScore(ratios, tauMax) : gridScore(ratios, tauMax);

/**
 * Ranks from 1, the highest score first; equal scores share the better rank.
 */
export const ranksOf = (scores: readonly number[]): readonly number[] =>
  scores.map((score) => 1 + scores.filter((other) => other > score + 1e-12).length);

/** @throws SteepestError `invalid-value` where there is no profile up to it */
export function checkTauMax(tauMax: number): number {
  if (tauMax > 1 && Number.isFinite(tauMax)) return tauMax;
  throw new SteepestError(
    "invalid-value",
    `τ must go beyond 1, found ${tauMax}`,
    "AlgoPerf's profiles end at --tau-max 4",
  );
}
