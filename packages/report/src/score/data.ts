/** Why a cell of the grid is what it is. */
export type ScoreCellKind = "solved" | "no target" | "over budget" | "4x rule" | "held-out rule" | "missing";

/** One submission on one workload. */
export interface ScoreCell {
  readonly submission: string;
  readonly workload: string;
  readonly kind: ScoreCellKind;
  /** Median time to the target; infinite where it was not reached, NaN without logs. */
  readonly seconds: number;
  /** How many times the fastest; infinite where the workload does not count as solved. */
  readonly ratio: number;
  readonly reason: string;
  /** What all studies say of the time, those included that never reached the target; absent without logs. */
  readonly arrival?: ScoreArrival;
}

/** How many studies reached a target, and the median time by Kaplan and Meier. */
export interface ScoreArrival {
  readonly reached: number;
  readonly studies: number;
  /** Infinite where the studies do not reach so far; absent for a single study. */
  readonly median?: { readonly estimate: number; readonly low: number; readonly high: number };
  /** The same as a sentence. */
  readonly text: string;
}

/** Two submissions, and whether their studies tell them apart. */
export interface ScorePair {
  readonly first: string;
  readonly second: string;
  /** Score of the first minus that of the second. */
  readonly difference: number;
  /** Of "the scores are of one submission". */
  readonly pValue: number;
  readonly distinguishable: boolean;
  /** Of "the times to the targets are of one submission". */
  readonly timesPValue: number;
}

/** A score with something left out. */
export interface ScoreLeftOut {
  readonly left: string;
  readonly score: number;
  readonly rank: number;
}

/** One submission's line. */
export interface ScoreEntry {
  readonly name: string;
  readonly score: number;
  readonly interval: { readonly low: number; readonly high: number; readonly level: number };
  /** From 1; equal scores share the better rank. */
  readonly rank: number;
  readonly studies: number;
  readonly leaveOneOut: {
    readonly studies: readonly ScoreLeftOut[];
    readonly workloads: readonly ScoreLeftOut[];
    readonly submissions: readonly ScoreLeftOut[];
  };
  /** Those that its studies cannot be told from, and how many more studies of each would do it. */
  readonly notDistinguishable: readonly { readonly name: string; readonly moreStudies: number }[];
  /** Of the base workloads; infinite or NaN where not solved. */
  readonly ratios: readonly number[];
  /** Bounds of its profile at each τ of {@link ScoreData.taus}. */
  readonly band: { readonly low: readonly number[]; readonly high: readonly number[] };
  /** Its score if profiles ended at each τ of {@link ScoreData.taus}. */
  readonly scoreByTauMax: readonly number[];
}

/** A workload and when it counts as solved. */
export interface ScoreWorkload {
  readonly name: string;
  readonly metric: string;
  readonly direction: "min" | "max";
  readonly target: number;
  /** The workload of which this is a held-out variant. */
  readonly base?: string;
}

/** Something about the logs, and where. */
export interface ScoreRemark {
  readonly where: string;
  readonly text: string;
}

/** All that the table, the files and the page of a score show. */
export interface ScoreData {
  readonly rules: string;
  readonly mode: "official" | "exact";
  readonly tuning: "external" | "self";
  readonly tauMax: number;
  readonly taus: readonly number[];
  readonly replicates: number;
  /** The p-value below which two submissions are told apart. */
  readonly significance: number;
  /** How many logs were read. */
  readonly logs: number;
  /** Best first. */
  readonly submissions: readonly ScoreEntry[];
  /** Base workloads, then held-out variants. */
  readonly workloads: readonly ScoreWorkload[];
  readonly cells: readonly ScoreCell[];
  /** Every two submissions once. */
  readonly pairs: readonly ScorePair[];
  /** Unusual, and scored as it is. */
  readonly irregularities: readonly ScoreRemark[];
  /** Damaged or refused, and left out. */
  readonly damage: readonly { readonly path: string; readonly line?: number; readonly text: string }[];
}
