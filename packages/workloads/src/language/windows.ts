import { SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import type { Tokens } from "@steepest/text";
import type { Range } from "../images/imageSet.js";

/** Windows of a text, and for each token the one after it: what a language model reads and predicts. */
export interface WindowBatch {
  /** [windows · context] */
  readonly inputs: Int32Array;
  /** [windows · context] */
  readonly targets: Int32Array;
  /** Fills a window from the token at `start` on; it needs `context` + 1 tokens there. */
  fill(window: number, start: number): void;
}

/** Room for so many windows. */
export function windowBatch(tokens: Tokens, windows: number, context: number): WindowBatch {
  const inputs = new Int32Array(windows * context);
  const targets = new Int32Array(windows * context);
  const read = new Int32Array(context + 1);
  return {
    inputs,
    targets,
    fill(window, start) {
      tokens.read(start, read);
      inputs.set(read.subarray(0, context), window * context);
      targets.set(read.subarray(1), window * context);
    },
  };
}

/**
 * Where the windows of a step (1, 2, …) begin: uniform over all places that have `context` tokens and one
 * after them, [start, end − context), independently of each other, as nanoGPT draws them. A pure function of
 * seed and step.
 * @throws SteepestError `invalid-value` where the step is not 1, 2, …
 */
export function windowStarts(range: Range, context: number, seed: number, step: number): () => number {
  if (!Number.isInteger(step) || step < 1)
    throw new SteepestError(
      "invalid-value",
      `expected a step 1, 2, ..., found ${step}`,
      "Count steps from 1",
    );
  const stream = randomStream(seed, "windows", step);
  const places = range.end - range.start - context;
  return () => range.start + stream.integer(places);
}

/** Windows side by side, each with the number of tokens in it that are predicted; only the last may be shorter. */
export interface Tiling {
  readonly windows: number;
  /** Where a window begins in the text, and how many of its last tokens count. */
  window(index: number): { readonly start: number; readonly counted: number };
}

/**
 * The windows that predict every token of a range but its first once: they begin a context apart. The last
 * one ends with the range, and of it only the tokens count that no other predicts.
 */
export function tiling({ start, end }: Range, context: number): Tiling {
  const predicted = end - start - 1;
  return {
    windows: Math.ceil(predicted / context),
    window(index) {
      const counted = Math.min(context, predicted - index * context);
      return { start: start + index * context + counted - context, counted };
    },
  };
}
