import { SteepestError } from "@steepest/optim";
import { bytePairTokeniser } from "./bytePairs.js";
import { charactersOf, wordTokeniser } from "./symbols.js";
import type { Tokeniser } from "./tokeniser.js";

/**
 * The tokeniser that has this name and these symbols.
 * @throws SteepestError `invalid-value` where one made of symbols has none
 */
export async function restoreTokeniser({
  name,
  symbols,
}: Pick<Tokeniser, "name" | "symbols">): Promise<Tokeniser> {
  if (name === "gpt2") return bytePairTokeniser();
  if (symbols === undefined)
    throw new SteepestError(
      "invalid-value",
      `a tokeniser of ${name} is nothing without them, and none are given`,
      "Give its symbols, in the order of their tokens",
    );
  return name === "characters" ? charactersOf(symbols) : wordTokeniser(symbols);
}
