/** A measured number with its interval; `low` = `high` = `value` where there is one measurement. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What it took to reach the target, bounded by the seeds (`high` is infinite where one missed it), or why it
 * was not reached ("best validation accuracy 0.853, target 0.87").
 */
export type Cost =
  | ({ readonly kind: "reached" } & Estimate)
  | { readonly kind: "missed"; readonly reason: string };

/**
 * One quantity over a run's progress, aggregated over seeds. All arrays are equally long; `low` and `high`
 * bound the seeds. NaN and infinities are allowed and leave a gap.
 */
export interface Curve {
  readonly steps: readonly number[];
  /** CPU seconds spent when these steps were done (mean over seeds). */
  readonly seconds: readonly number[];
  readonly value: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** How far an entry is behind the first one, in the quantity that the comparison is decided by. */
export interface EntryStanding {
  readonly quantity: string;
  /** How much worse it is, mean over the seeds, with its interval. */
  readonly behind: { readonly estimate: number; readonly low: number; readonly high: number };
  /** Corrected for the number of comparisons. */
  readonly pValue: number;
  /** How many more seeds would tell it from the first; absent where it is told already or none would. */
  readonly moreSeeds?: number;
  /**
   * Of the paired log-rank test of the steps to the target, corrected for the number of comparisons; present
   * where steps decide.
   */
  readonly logRankPValue?: number;
}

/** How many seeds reached the target, and the median steps by Kaplan and Meier. */
export interface Arrivals {
  readonly reached: number;
  readonly seeds: number;
  /** Infinite where the seeds do not reach so far; absent for one seed. */
  readonly median?: { readonly estimate: number; readonly low: number; readonly high: number };
}

/** One learning rate that was tried. */
export interface SensitivityPoint {
  readonly learningRate: number;
  /** Best validation value reached with it, in the target's metric, over its seeds. */
  readonly best: Estimate;
}

/** One optimizer's line of the comparison. */
export interface ComparisonEntry {
  /** The optimizer as the command line takes it, e.g. `adam` or `adam:beta1=0.8`. */
  readonly optimizer: string;
  /**
   * Why nothing was measured at its learning rate, where that is so; rank, group and figures are then
   * absent.
   */
  readonly unmeasured?: "diverged" | "failed";
  /** Place from 1. Entries whose difference is within the noise share a `group`. */
  readonly rank?: number;
  /** Entries with the same group are not distinguishable from each other; 1 is the best group. */
  readonly group?: number;
  /** The learning rate that its best trials used; absent for rules without one. */
  readonly learningRate?: number;
  readonly stepsToTarget: Cost;
  /** CPU seconds of training to the target; evaluation is not counted. */
  readonly secondsToTarget: Cost;
  /** What the seeds say of the steps to the target, those included that missed it. */
  readonly arrivals: Arrivals;
  /** In the target's metric. */
  readonly validation?: Estimate;
  readonly test?: Estimate;
  /** Curves on the validation split at the best learning rate; accuracy where there is such a thing. */
  readonly curves: { readonly loss: Curve; readonly accuracy?: Curve };
  readonly sensitivity: readonly SensitivityPoint[];
  /** Absent for the first entry and where nothing can be said. */
  readonly standing?: EntryStanding;
  /** Trials that failed or were skipped, each with its reason. */
  readonly failures: readonly string[];
}

/** All that the report of `steepest compare` shows. Plain data: what is not here is not in the report. */
export interface ComparisonData {
  /** Name of the workload, e.g. `fashion-mnist`. */
  readonly workload: string;
  /** One line about model and data, e.g. `784-100-10 network, cross-entropy`. */
  readonly description: string;
  readonly parameterCount: number;
  /** Where the data came from. */
  readonly source: string;
  /** True where `source` is a stand-in drawn by code: the report then says so loudly. */
  readonly procedural: boolean;
  readonly target: { readonly metric: string; readonly split: string; readonly value: number };
  readonly batchSize: number;
  /** Steps that every trial was allowed. */
  readonly stepBudget: number;
  readonly seeds: readonly number[];
  /** Level of every interval, e.g. 0.95, and how it was made, e.g. `bootstrap over seeds`. */
  readonly interval: { readonly level: number; readonly method: string };
  /** How entries were ordered and grouped, one sentence each. */
  readonly method: readonly string[];
  /** The command that makes this report again. */
  readonly command: string;
  /** Facts about the run for the foot of the page: versions, processor, threads. */
  readonly environment: Readonly<Record<string, string>>;
  readonly entries: readonly ComparisonEntry[];
}
