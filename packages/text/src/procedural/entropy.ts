import type { Grammar } from "./grammar.js";

/** Of −p ln p; 0 where p is 0. */
const surprise = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);

/** How much a token is worth, in nats, to a reader who knows the grammar. */
export interface Entropies {
  /** H(X₁ | X₀): where one word before it is known. */
  readonly afterOne: number;
  /** H(X₂ | X₀, X₁). */
  readonly afterTwo: number;
  /** The entropy rate H(X₃ | X₀, X₁, X₂): where three words before it are known, or more. */
  readonly rate: number;
}

/** Changes of probability below this no longer move an entropy. */
const settled = 1e-15;
const mostIterations = 100_000;

/**
 * The stationary distribution π of three neighbouring kinds, by iterating
 * π'(b, c, d) = Σₐ π(a, b, c) p(d | a, c); averaged over two steps, so that periods do no harm.
 */
export function stationary({ kinds, next }: Grammar): Float64Array {
  let current = new Float64Array(kinds ** 3).fill(1 / kinds ** 3);
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    const following = new Float64Array(kinds ** 3);
    for (let first = 0; first < kinds; first++)
      for (let middle = 0; middle < kinds; middle++)
        for (let last = 0; last < kinds; last++) {
          const p = current[(first * kinds + middle) * kinds + last] ?? 0;
          if (p === 0) continue;
          for (let kind = 0; kind < kinds; kind++) {
            const place = (middle * kinds + last) * kinds + kind;
            following[place] =
              (following[place] ?? 0) + p * (next[(first * kinds + last) * kinds + kind] ?? 0);
          }
        }
    let change = 0;
    for (let i = 0; i < current.length; i++) {
      const mean = ((following[i] ?? 0) + (current[i] ?? 0)) / 2;
      change += Math.abs(mean - (current[i] ?? 0));
      following[i] = mean;
    }
    current = following;
    if (change < settled * current.length) return current;
  }
  throw new Error("internal: the kinds of words of a grammar do not settle");
}

/**
 * The entropies of a grammar's language in closed form: Σ π(before) H(kind | before), and Σ p(kind) H(word |
 * kind) on top, since words depend on their kinds alone and say which these are.
 */
export function entropiesOf(grammar: Grammar): Entropies {
  const { kinds, kindOf, next, wordProbability } = grammar;
  const p = stationary(grammar);
  const ofWord = new Array<number>(kinds).fill(0);
  kindOf.forEach((kind, word) => {
    ofWord[kind] = (ofWord[kind] ?? 0) + surprise(wordProbability[word] ?? 0);
  });
  // Joint probabilities of (what is known, the next kind); what is known of four neighbours (a, b, c, d).
  const one = new Float64Array(kinds ** 2);
  const two = new Float64Array(kinds ** 3);
  const word = new Array<number>(kinds).fill(0);
  let rate = 0;
  for (let a = 0; a < kinds; a++)
    for (let b = 0; b < kinds; b++)
      for (let c = 0; c < kinds; c++) {
        const before = p[(a * kinds + b) * kinds + c] ?? 0;
        for (let d = 0; d < kinds; d++) {
          const q = next[(a * kinds + c) * kinds + d] ?? 0;
          rate += before * surprise(q);
          one[c * kinds + d] = (one[c * kinds + d] ?? 0) + before * q;
          two[(b * kinds + c) * kinds + d] = (two[(b * kinds + c) * kinds + d] ?? 0) + before * q;
          word[d] = (word[d] ?? 0) + before * q;
        }
      }
  const words = word.reduce((sum, q, kind) => sum + q * (ofWord[kind] ?? 0), 0);
  return {
    afterOne: words + conditional(one, kinds),
    afterTwo: words + conditional(two, kinds),
    rate: words + rate,
  };
}

/** H(last | the rest) of joint probabilities whose last index has `size` values: Σ −p ln(p / Σ p). */
function conditional(joint: Float64Array, size: number): number {
  let entropy = 0;
  for (let start = 0; start < joint.length; start += size) {
    const row = joint.subarray(start, start + size);
    const total = row.reduce((sum, q) => sum + q, 0);
    if (total > 0) for (const q of row) entropy += total * surprise(q / total);
  }
  return entropy;
}

/**
 * The least mean loss, in nats a token, on windows of `context` tokens of which each predicts the next one
 * from those of its window up to it.
 */
export const leastLoss = ({ afterOne, afterTwo, rate }: Entropies, context: number): number =>
  [afterOne, afterTwo].slice(0, context).reduce((sum, entropy) => sum + entropy - rate, 0) / context + rate;
