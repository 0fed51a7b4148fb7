import { randomStream } from "@steepest/random";

/**
 * A regular grammar over kinds of words. The kind of the next word depends on the kinds of the word before it
 * and of the word three before it; the word depends on its kind alone. Every word is of one kind, so that the
 * words that were seen say which kinds they are.
 */
export interface Grammar {
  /** Number of kinds. */
  readonly kinds: number;
  /** The text of each word, by token. */
  readonly words: readonly string[];
  /** The kind of each word. */
  readonly kindOf: readonly number[];
  /** p(word | its kind). */
  readonly wordProbability: readonly number[];
  /**
   * p(kind | kinds before): `next[(first · kinds + last) · kinds + kind]`, where `first` is the kind three
   * words back and `last` that of the word before.
   */
  readonly next: Float64Array;
}

/** How large a grammar is. */
export interface GrammarSize {
  /** Kinds of words, beside the full stop, which is a kind of its own. */
  readonly kinds: number;
  readonly wordsPerKind: number;
  /** Kinds that may follow in any one place. */
  readonly followers: number;
}

const consonants = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"];
const vowels = ["a", "e", "i", "o", "u"];

/** The word of a rank: short ones for the frequent, all of them different. */
function wordOfRank(rank: number): string {
  const syllables = consonants.length * vowels.length;
  const last = rank % syllables;
  const syllable = `${consonants[last % consonants.length]}${vowels[Math.floor(last / consonants.length)]}`;
  return rank < syllables ? syllable : `${wordOfRank(Math.floor(rank / syllables) - 1)}${syllable}`;
}

/**
 * The grammar of a seed. Words follow Zipf's law: within a kind p(word) ∝ 1/rank, and kinds are weighted by
 * their words; ranks are dealt to kinds at random. In each place a few kinds, drawn at random, may follow.
 * Token 0 is the full stop.
 */
export function drawGrammar(seed: number, { kinds: ofWords, wordsPerKind, followers }: GrammarSize): Grammar {
  const count = ofWords * wordsPerKind;
  const kinds = ofWords + 1;
  // A full stop is as frequent as a kind of average weight.
  const zipf = Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  const average = zipf.reduce((sum, weight) => sum + weight, 0) / ofWords;
  const order = randomStream(seed, "kinds of words").permutation(count);
  const kindOf = [0, ...zipf.map((_, rank) => 1 + ((order[rank] ?? 0) % ofWords))];
  const weights = [average, ...zipf];
  const weightOfKind = new Array<number>(kinds).fill(0);
  kindOf.forEach((kind, word) => {
    weightOfKind[kind] = (weightOfKind[kind] ?? 0) + (weights[word] ?? 0);
  });

  const next = new Float64Array(kinds ** 3);
  for (let place = 0; place < kinds ** 2; place++) {
    const stream = randomStream(seed, "followers", place);
    const chosen = stream.permutation(kinds).subarray(0, followers);
    const drawn = Array.from(chosen, (kind) => (weightOfKind[kind] ?? 0) * Math.exp(stream.normal()));
    const total = drawn.reduce((sum, weight) => sum + weight, 0);
    chosen.forEach((kind, i) => {
      next[place * kinds + kind] = (drawn[i] ?? 0) / total;
    });
  }
  return {
    ...{ kinds, kindOf, next },
    words: [".", ...zipf.map((_, rank) => wordOfRank(rank))],
    wordProbability: weights.map((weight, word) => weight / (weightOfKind[kindOf[word] ?? 0] ?? 1)),
  };
}
