import type { StackedBars } from "../bars/stackedBars.js";

/** One term of a plan. */
export interface MemoryReportTerm {
  readonly name: string;
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  readonly formula: string;
  readonly source: string;
}

/** One change of a run, and what it would free. */
export interface MemoryReportChange {
  readonly name: string;
  readonly freedBytes: number;
  readonly totalBytes: number;
  readonly fits: boolean | undefined;
  /** The options that do it. */
  readonly flags: string;
}

/** All that the page of a memory plan shows, as plain data. */
export interface MemoryReport {
  /** What is planned, in a few words. */
  readonly title: string;
  /** The same in a sentence with every setting. */
  readonly lead: string;
  /** The verdict and what else is worth saying, a sentence each. */
  readonly findings: readonly string[];
  /** The run, and the run with single changes. */
  readonly chart: StackedBars;
  /** The run under every optimizer. */
  readonly optimizers: StackedBars;
  readonly terms: readonly MemoryReportTerm[];
  readonly total: { readonly bytes: number; readonly low: number; readonly high: number };
  readonly changes: readonly MemoryReportChange[];
  /** The command that makes the same page again. */
  readonly command: string;
}
