import { SteepestError } from "@steepest/optim";
import type { SplitPoints, Tokeniser, Tokens } from "@steepest/text";
import type { Range } from "../images/imageSet.js";
import type { Split } from "../workload.js";

/** A text to learn from, as tokens. */
export interface LanguageDataset {
  /** Where it is from, for people. */
  readonly source: string;
  /** Whether it was drawn by code because the real one could not be had. */
  readonly procedural: boolean;
  readonly tokeniser: Tokeniser;
  readonly tokens: Tokens;
  /** Where there is no text to test with, `test` is the range of `validation`. */
  readonly splits: Readonly<Record<Split, Range>>;
  /** The least mean loss that windows of a context allow, where that is known. */
  readonly leastLoss?: (context: number) => number;
}

/** The splits of so many tokens; where there is nothing to test with, what is there to validate. */
export function splitsAt({ validation: start, test }: SplitPoints, count: number): LanguageDataset["splits"] {
  const validation = { start, end: test ?? count };
  return {
    train: { start: 0, end: start },
    validation,
    test: test === undefined ? validation : { start: test, end: count },
  };
}

/**
 * The first nine tenths to train, the rest to validate: nanoGPT's split, which has nothing to test with.
 */
export const nineTenths = (count: number): LanguageDataset["splits"] =>
  splitsAt({ validation: Math.floor(0.9 * count) }, count);

/**
 * @throws SteepestError `invalid-value` where a split is too short for one window with the token after it, or
 *   the text has more tokens than the model
 */
export function checkDataset(
  { source, splits, tokeniser }: LanguageDataset,
  { context, vocabulary }: { readonly context: number; readonly vocabulary: number },
): void {
  for (const split of ["train", "validation", "test"] as const) {
    const length = splits[split].end - splits[split].start;
    if (length > context) continue;
    throw new SteepestError(
      "invalid-value",
      `${source}: the ${split} split has ${length} tokens, fewer than a window of ${context} and the token after it`,
      "Give a longer text, or a model with a shorter context",
    );
  }
  if (tokeniser.vocabulary > vocabulary)
    throw new SteepestError(
      "invalid-value",
      `${source}: its tokeniser has ${tokeniser.vocabulary} tokens, the model ${vocabulary}`,
      `Build the model with vocabulary: ${tokeniser.vocabulary}`,
    );
}
