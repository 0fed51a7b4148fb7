import type { Split } from "../workload.js";

/** The examples start … end − 1. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Grey images and their classes, in one piece of memory each. */
export interface LabelledImages {
  /** [count, height · width], row by row, 0 black to 255 white. */
  readonly pixels: Uint8Array;
  /** [count], each 0 … classes − 1. */
  readonly labels: Int32Array;
}

/** What a classification workload learns from. */
export interface ImageDataset extends LabelledImages {
  /** Where it is from, for people. */
  readonly source: string;
  /** Whether it was drawn by code because the real one could not be had. */
  readonly procedural: boolean;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly splits: Readonly<Record<Split, Range>>;
}
