import { describe, expect, it } from "vitest";
import { entropiesOf, leastLoss, stationary } from "./entropy.js";
import { drawGrammar, type Grammar } from "./grammar.js";
import { proceduralLanguage } from "./language.js";

const small = { kinds: 2, wordsPerKind: 2, followers: 2 };

/** p(word | the three words before it), literally. */
function probability(
  { kinds, kindOf, next, wordProbability }: Grammar,
  before: readonly number[],
  word: number,
) {
  const kind = (of: number | undefined) => kindOf[of ?? 0] ?? Number.NaN;
  const place = (kind(before[0]) * kinds + kind(before[2])) * kinds + kind(word);
  return (next[place] ?? Number.NaN) * (wordProbability[word] ?? Number.NaN);
}

/**
 * Joint probabilities of four neighbouring words: the stationary distribution of three by 4000 steps of the
 * chain on words, not on kinds, and one more word.
 */
function jointOfFour(grammar: Grammar): (words: readonly number[]) => number {
  const count = grammar.words.length;
  const index = (a: number, b: number, c: number) => (a * count + b) * count + c;
  let p = new Float64Array(count ** 3).fill(1 / count ** 3);
  for (let step = 0; step < 4000; step++) {
    const q = new Float64Array(p.length);
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++)
        for (let c = 0; c < count; c++)
          for (let d = 0; d < count; d++)
            q[index(b, c, d)] =
              (q[index(b, c, d)] ?? 0) + (p[index(a, b, c)] ?? 0) * probability(grammar, [a, b, c], d);
    p = q;
  }
  return ([a = 0, b = 0, c = 0, d = 0]) => (p[index(a, b, c)] ?? 0) * probability(grammar, [a, b, c], d);
}

describe("drawGrammar", () => {
  const grammar = drawGrammar(3, { kinds: 5, wordsPerKind: 3, followers: 4 });

  it("gives distributions", () => {
    const { kinds, kindOf, next, wordProbability, words } = grammar;
    expect(words).toHaveLength(16);
    expect(new Set(words).size).toBe(16);
    for (let place = 0; place < kinds ** 2; place++) {
      const row = next.subarray(place * kinds, (place + 1) * kinds);
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(row.filter((p) => p > 0)).toHaveLength(4);
    }
    for (let kind = 0; kind < kinds; kind++) {
      const members = wordProbability.filter((_, word) => kindOf[word] === kind);
      expect(members).toHaveLength(kind === 0 ? 1 : 3);
      expect(members.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    }
  });

  it("is a function of the seed", () => {
    const size = { kinds: 5, wordsPerKind: 3, followers: 4 };
    expect(drawGrammar(3, size)).toEqual(grammar);
    expect(drawGrammar(4, size).next).not.toEqual(grammar.next);
  });

  it("has words enough for a large vocabulary, all different", () => {
    const { words } = drawGrammar(0, { kinds: 4, wordsPerKind: 2500, followers: 2 });
    expect(new Set(words).size).toBe(10_001);
  });
});

describe("entropies", () => {
  it.each([0, 1, 2])("are those of the chain on words, seed %i", (seed) => {
    const grammar = drawGrammar(seed, small);
    const joint = jointOfFour(grammar);
    const count = grammar.words.length;
    const all = Array.from({ length: count ** 4 }, (_, i) =>
      [3, 2, 1, 0].map((place) => Math.floor(i / count ** place) % count),
    );
    /** H(last | those before it) of the last `length` of four words. */
    const conditional = (length: number) => {
      const known = new Map<string, number>();
      const whole = new Map<string, number>();
      for (const words of all) {
        const p = joint(words);
        for (const [map, key] of [
          [known, words.slice(4 - length, 3).join()],
          [whole, words.slice(4 - length).join()],
        ] as const)
          map.set(key, (map.get(key) ?? 0) + p);
      }
      const entropy = (map: ReadonlyMap<string, number>) =>
        [...map.values()].reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
      return entropy(whole) - entropy(known);
    };
    const found = entropiesOf(grammar);
    expect(found.afterOne).toBeCloseTo(conditional(2), 9);
    expect(found.afterTwo).toBeCloseTo(conditional(3), 9);
    expect(found.rate).toBeCloseTo(conditional(4), 9);
  });

  it("make the least loss of a window: its first tokens know less", () => {
    const entropies = { afterOne: 3, afterTwo: 2.5, rate: 2 };
    expect(leastLoss(entropies, 1)).toBe(3);
    expect(leastLoss(entropies, 2)).toBe(2.75);
    expect(leastLoss(entropies, 3)).toBe(2.5);
    expect(leastLoss(entropies, 100)).toBeCloseTo((3 + 2.5 + 98 * 2) / 100, 12);
  });
});

describe("the procedural language", () => {
  const { grammar, entropies, tokeniser, write } = proceduralLanguage(0);
  const text = write(200_000, 0);

  it("is written at its entropy rate: a reader who knows the grammar loses that much a token", () => {
    const losses = Array.from({ length: text.length - 3 }, (_, i) => {
      const [a = 0, b = 0, c = 0, d = 0] = text.subarray(i, i + 4);
      return -Math.log(probability(grammar, [a, b, c], d));
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / losses.length;
    // Neighbouring losses hang together, so that a mean strays a little more than independent ones would.
    expect(Math.abs(mean - entropies.rate)).toBeLessThan(6 * Math.sqrt(variance / losses.length));
  });

  it("has the kinds in the order that the stationary distribution says", () => {
    const { kinds, kindOf } = grammar;
    const p = stationary(grammar);
    const seen = new Float64Array(kinds ** 3);
    for (let i = 0; i + 3 <= text.length; i++) {
      const [a = 0, b = 0, c = 0] = [...text.subarray(i, i + 3)].map((word) => kindOf[word]);
      const place = (a * kinds + b) * kinds + c;
      seen[place] = (seen[place] ?? 0) + 1 / (text.length - 2);
    }
    // Total variation between 4913 shares, of which a few hundred are common.
    expect(p.reduce((sum, share, place) => sum + Math.abs(share - (seen[place] ?? 0)), 0)).toBeLessThan(0.15);
  });

  it("has words after Zipf's law: frequency falls about as the inverse of the rank", () => {
    const counts = new Array<number>(65).fill(0);
    for (const word of text) counts[word] = (counts[word] ?? 0) + 1;
    const points = counts
      .toSorted((a, b) => b - a)
      .map((count, rank) => [Math.log(rank + 1), Math.log(count)] as const);
    const mean = (of: (point: readonly [number, number]) => number) =>
      points.reduce((sum, point) => sum + of(point), 0) / points.length;
    const [x, y] = [mean(([rank]) => rank), mean(([, count]) => count)];
    const slope = mean(([rank, count]) => (rank - x) * (count - y)) / mean(([rank]) => (rank - x) ** 2);
    expect(slope).toBeGreaterThan(-1.3);
    expect(slope).toBeLessThan(-0.7);
  });

  it("is a function of its seeds, and has as many tokens as tiny Shakespeare has characters", () => {
    expect(tokeniser.vocabulary).toBe(65);
    expect(write(50, 0)).toEqual(text.subarray(0, 50));
    expect(write(50, 1)).not.toEqual(text.subarray(0, 50));
    expect(tokeniser.encode(tokeniser.decode(text.subarray(0, 500)))).toEqual(text.slice(0, 500));
  });
});
