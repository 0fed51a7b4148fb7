import { randomStream } from "@steepest/random";
import { wordTokeniser } from "../tokenisers/symbols.js";
import type { Tokeniser } from "../tokenisers/tokeniser.js";
import { type Entropies, entropiesOf } from "./entropy.js";
import { drawGrammar, type Grammar, type GrammarSize } from "./grammar.js";

/** A language that is drawn from a seed, and of which everything is known. */
export interface ProceduralLanguage {
  readonly grammar: Grammar;
  readonly tokeniser: Tokeniser;
  readonly entropies: Entropies;
  /** So many words of it; other seeds give other texts. */
  write(count: number, seed: number): Uint16Array;
}

/** As many tokens as tiny Shakespeare has characters: 64 words and the full stop. */
const usualSize: GrammarSize = { kinds: 16, wordsPerKind: 4, followers: 5 };

/** Words before a text begins, after which it does not matter how it began. */
const burnIn = 1000;

/** The language of a seed. */
export function proceduralLanguage(seed: number, size: GrammarSize = usualSize): ProceduralLanguage {
  const grammar = drawGrammar(seed, size);
  return {
    grammar,
    tokeniser: wordTokeniser(grammar.words),
    entropies: entropiesOf(grammar),
    write: (count, textSeed) => write(grammar, count, textSeed),
  };
}

function write({ kinds, kindOf, next, wordProbability }: Grammar, count: number, seed: number): Uint16Array {
  const stream = randomStream(seed, "procedural text");
  const members = Array.from({ length: kinds }, (_, kind) =>
    [...kindOf.keys()].filter((word) => kindOf[word] === kind),
  );
  const tokens = new Uint16Array(count);
  let [first, middle, last] = [0, 0, 0];
  for (let i = -burnIn; i < count; i++) {
    const start = (first * kinds + last) * kinds;
    const kind = draw(stream.uniform(), kinds, (candidate) => next[start + candidate] ?? 0);
    const words = members[kind] ?? [];
    const word = draw(stream.uniform(), words.length, (index) => wordProbability[words[index] ?? 0] ?? 0);
    if (i >= 0) tokens[i] = words[word] ?? 0;
    [first, middle, last] = [middle, last, kind];
  }
  return tokens;
}

/** The index in whose share of [0, 1) a number lies; the last that has one, should rounding leave a rest. */
function draw(uniform: number, count: number, probability: (index: number) => number): number {
  let rest = uniform;
  let last = 0;
  for (let index = 0; index < count; index++) {
    const p = probability(index);
    if (p === 0) continue;
    if (rest < p) return index;
    rest -= p;
    last = index;
  }
  return last;
}
