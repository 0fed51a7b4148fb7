import { randomStream } from "@steepest/random";
import { tokensInMemory, wordTokeniser } from "@steepest/text";
import { type LanguageDataset, nineTenths } from "./dataset.js";

/**
 * Tokens drawn uniformly and independently: a text that nothing can be learnt of, with the least loss log(V)
 * nats at any context. For what does not depend on the text: memory, time.
 *
 * @throws SteepestError `invalid-value` for a vocabulary that 16 bits do not tell apart
 */
export function uniformText({
  vocabulary,
  length,
  seed,
}: {
  readonly vocabulary: number;
  readonly length: number;
  readonly seed: number;
}): LanguageDataset {
  const stream = randomStream(seed, "uniform-text");
  return {
    source: `${length} tokens drawn uniformly from ${vocabulary}`,
    procedural: true,
    tokeniser: wordTokeniser(Array.from({ length: vocabulary }, (_, token) => String(token))),
    tokens: tokensInMemory(Uint16Array.from({ length }, () => stream.integer(vocabulary))),
    splits: nineTenths(length),
    leastLoss: () => Math.log(vocabulary),
  };
}
