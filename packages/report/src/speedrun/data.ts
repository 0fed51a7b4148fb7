/** One submission on a board. */
export interface SpeedrunEntry {
  readonly name: string;
  readonly title: string;
  /** Its place among those that reached the target. */
  readonly place?: number;
  readonly steps: number;
  /** Mean loss at the stop step and the half-width of its 95 % interval; infinite where a run diverged. */
  readonly loss: number;
  readonly lossMargin?: number;
  readonly runs: number;
  /** Of training, a run. */
  readonly seconds: number;
  /** Its steps beside the baseline's, in words. */
  readonly beside: string;
  readonly isRecord: boolean;
  readonly verdict: string;
  /** Its hyper-parameters, and how they were found, in words. */
  readonly settings: string;
  readonly tuning: string;
  /** Steps and mean losses of its evaluations. */
  readonly course: { readonly steps: readonly number[]; readonly losses: readonly number[] };
}

/** An official list of records, for comparison. */
export interface OfficialList {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly measure: string;
  readonly records: readonly { readonly number: number; readonly value: number; readonly note: string }[];
  readonly others: readonly { readonly value: number; readonly note: string }[];
}

/** All that the page of a board shows. Plain data. */
export interface SpeedrunData {
  readonly track: string;
  readonly title: string;
  readonly description: string;
  /** When a result counts, in words. */
  readonly rule: string;
  readonly target: number;
  /** What is counted: `steps` or `seconds`. */
  readonly measure: "steps" | "seconds";
  readonly baseline: string;
  readonly entries: readonly SpeedrunEntry[];
  readonly official: readonly OfficialList[];
  /** The command that makes this page again. */
  readonly command: string;
}
