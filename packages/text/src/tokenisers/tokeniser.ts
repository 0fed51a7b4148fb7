import { SteepestError } from "@steepest/optim";

/** Between text and tokens, integers from 0 to `vocabulary` − 1 that fit 16 bits. */
export interface Tokeniser {
  /** Which kind it is: stands in token files. */
  readonly name: TokeniserName;
  /** Number of tokens there are. */
  readonly vocabulary: number;
  /**
   * The text of each token, where the tokeniser is nothing but these: what a token file keeps to restore it.
   */
  readonly symbols?: readonly string[];
  /** @throws SteepestError `invalid-value` for text that has no tokens, with the place and what it is */
  encode(text: string): Uint16Array;
  /** @throws SteepestError `invalid-value` for a token outside the vocabulary */
  decode(tokens: ArrayLike<number>): string;
}

/** The kinds of tokenisers: characters, words between spaces, GPT-2's byte pairs. */
export const tokeniserNames = ["characters", "words", "gpt2"] as const;
/** One of {@link tokeniserNames}. */
export type TokeniserName = (typeof tokeniserNames)[number];

/** The most tokens that 16 bits tell apart. */
export const mostTokens = 2 ** 16;

/**
 * The index of the first token outside a vocabulary, -1 where there is none. Counts are compared, not types:
 * 1.5 and NaN are outside too.
 */
export function firstOutside(tokens: ArrayLike<number>, vocabulary: number): number {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? Number.NaN;
    if (!(token >= 0 && token < vocabulary && Number.isInteger(token))) return i;
  }
  return -1;
}

/** @throws SteepestError `invalid-value` for a token outside the vocabulary, with its place */
export function requireTokens(tokens: ArrayLike<number>, { name, vocabulary }: Tokeniser): void {
  const bad = firstOutside(tokens, vocabulary);
  if (bad < 0) return;
  throw new SteepestError(
    "invalid-value",
    `token ${bad} is ${tokens[bad]}, but the ${vocabulary} tokens of ${name} are 0 to ${vocabulary - 1}`,
    "Decode with the tokeniser that the tokens were made with",
  );
}
