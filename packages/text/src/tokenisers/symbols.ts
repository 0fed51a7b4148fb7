import { SteepestError } from "@steepest/optim";
import { mostTokens, requireTokens, type Tokeniser } from "./tokeniser.js";

/** How text is cut into symbols and put together again. */
interface Cutting {
  readonly name: Tokeniser["name"];
  /** What one is called in messages. */
  readonly unit: string;
  cut(text: string): Iterable<string>;
  readonly between: string;
}

const characters: Cutting = { name: "characters", unit: "character", cut: (text) => text, between: "" };

const words: Cutting = {
  name: "words",
  unit: "word",
  cut: (text) => text.split(/\s+/).filter((word) => word !== ""),
  between: " ",
};

/** Token i is symbol i. */
function symbolTokeniser({ name, unit, cut, between }: Cutting, symbols: readonly string[]): Tokeniser {
  if (symbols.length === 0 || symbols.length > mostTokens)
    throw new SteepestError(
      "invalid-value",
      `${symbols.length} different ${unit}s cannot be tokens of 16 bits`,
      `Give a text with 1 to ${mostTokens} different ${unit}s, or use bytePairTokeniser()`,
    );
  const tokenOf = new Map(symbols.map((symbol, token) => [symbol, token]));
  const tokeniser: Tokeniser = {
    ...{ name, symbols, vocabulary: symbols.length },
    encode(text) {
      const tokens: number[] = [];
      for (const symbol of cut(text)) {
        const token = tokenOf.get(symbol);
        if (token === undefined)
          throw new SteepestError(
            "invalid-value",
            `the ${unit} ${JSON.stringify(symbol)} (number ${tokens.length + 1} of the text) is none of the ${symbols.length} that there are tokens for`,
            `Leave it out; there are ${preview(symbols)}`,
          );
        tokens.push(token);
      }
      return Uint16Array.from(tokens);
    },
    decode(tokens) {
      requireTokens(tokens, tokeniser);
      return Array.from(tokens, (token) => symbols[token] ?? "").join(between);
    },
  };
  return tokeniser;
}

const preview = (symbols: readonly string[]): string => {
  const shown = symbols.slice(0, 80).map((symbol) => JSON.stringify(symbol).slice(1, -1));
  return `${shown.join(" ")}${symbols.length > shown.length ? " ..." : ""}`;
};

/**
 * One token a character (Unicode code point): those of the text, in the order of their code points, as
 * nanoGPT's `sorted(set(text))`.
 * @throws SteepestError `invalid-value` for a text with no character or with more than 16 bits tell apart
 */
export function characterTokeniser(text: string): Tokeniser {
  const order = (character: string): number => character.codePointAt(0) ?? 0;
  return charactersOf([...new Set(text)].sort((a, b) => order(a) - order(b)));
}

/** Token i is character i. @throws SteepestError `invalid-value` as {@link characterTokeniser} */
export const charactersOf = (symbols: readonly string[]): Tokeniser => symbolTokeniser(characters, symbols);

/**
 * One token a word; words are what stands between white space, and a space comes between two of them.
 * @throws SteepestError `invalid-value` for no words, or more than 16 bits tell apart
 */
export const wordTokeniser = (symbols: readonly string[]): Tokeniser => symbolTokeniser(words, symbols);
