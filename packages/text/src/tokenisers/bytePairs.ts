import { requireTokens, type Tokeniser } from "./tokeniser.js";

/**
 * GPT-2's byte pairs, 50,257 tokens, by gpt-tokenizer; its tables are loaded here, not with the package.
 * What looks like a special token, `<|endoftext|>`, is text like any other: a text is data, not a command.
 *
 * Source: Sennrich, Haddow and Birch, "Neural machine translation of rare words with subword units",
 * arXiv:1508.07909; merges as in GPT-2.
 */
export async function bytePairTokeniser(): Promise<Tokeniser> {
  const { encode, decode, vocabularySize } = await import("gpt-tokenizer/encoding/gpt2");
  const plain = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
  const tokeniser: Tokeniser = {
    name: "gpt2",
    vocabulary: vocabularySize,
    encode: (text) => Uint16Array.from(encode(text, plain)),
    decode(tokens) {
      requireTokens(tokens, tokeniser);
      return decode(Array.from(tokens));
    },
  };
  return tokeniser;
}
