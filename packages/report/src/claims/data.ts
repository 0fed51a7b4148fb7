/** What an experiment says about a claim. */
export type VerdictKind = "holds" | "does not hold" | "inconclusive";

/** Values of a quantity: on one side of a threshold, or between two. */
export type Range =
  | { readonly above: number }
  | { readonly below: number }
  | { readonly between: readonly [number, number] };

/** One quantity that a claim is decided by: with which values the claim holds, and what was measured. */
export interface ClaimEffect {
  readonly quantity: string;
  readonly holds: Range;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Level of the interval, e.g. 0.95, and how it was made. */
  readonly level: number;
  readonly method: string;
  /** What this quantity alone says. */
  readonly kind: VerdictKind;
}

/** One axis of a chart. */
export interface ClaimAxis {
  readonly label: string;
  /** Linear by default. */
  readonly log?: boolean;
  /** As far as the series go by default. */
  readonly domain?: readonly [number, number];
}

/** One line. Arrays are equally long and `x` ascends; a value that is not finite leaves a gap. */
export interface ClaimSeries {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> };
  readonly dots?: boolean;
}

/** Lines over one axis. Series of the same name look the same in all charts of a claim. */
export interface ClaimChart {
  readonly title: string;
  readonly x: ClaimAxis;
  readonly y: ClaimAxis;
  readonly series: readonly ClaimSeries[];
  /** Labelled horizontal lines. */
  readonly rules?: readonly { readonly value: number; readonly label: string }[];
}

/** A number that was measured beside what decides. */
export interface ClaimFigure {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  readonly interval?: { readonly low: number; readonly high: number; readonly level: number };
}

/** Measured rows. */
export interface ClaimTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A claim and what its experiment found. */
export interface ClaimReport {
  /** As the command line takes it. */
  readonly name: string;
  readonly title: string;
  /** What is stated. */
  readonly claim: string;
  /** What was run, in words. */
  readonly setting: string;
  readonly seeds: readonly number[];
  readonly verdict: { readonly kind: VerdictKind; readonly effects: readonly ClaimEffect[] };
  readonly figures: readonly ClaimFigure[];
  readonly charts: readonly ClaimChart[];
  readonly tables: readonly ClaimTable[];
  /** What the verdict must not be read without, with its figures. */
  readonly caveat?: string;
}

/** All that the report of `steepest claims run` shows. Plain data. */
export interface ClaimsData {
  readonly claims: readonly ClaimReport[];
  /** The command that makes this report again. */
  readonly command: string;
  /** Facts about the run for the foot of the page: versions, processor. */
  readonly environment: Readonly<Record<string, string>>;
}
