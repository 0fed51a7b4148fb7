import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A seeded stream of random numbers. Streams with different seeds or labels are independent. */
export interface RandomStream {
  /** Uniform in [0, 1) with 32 random bits. */
  uniform(): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** A uniformly random order of 0..length−1 (Fisher–Yates). */
  permutation(length: number): Int32Array;
}

/** FNV-1a over the label's characters, so that streams of one seed differ by purpose. */
function mixLabels(seed: number, labels: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ (seed | 0);
  for (const character of `${seed}/${labels.join("/")}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash;
}

/**
 * The stream of a seed and a purpose, e.g. `randomStream(seed, "data-order", epoch)`: a pure function of its arguments, so
 * nothing needs to be saved to continue a run.
 */
export function randomStream(seed: number, ...labels: readonly (string | number)[]): RandomStream {
  const generator = xoroshiro128plus(mixLabels(seed, labels));
  const uniform = () => (generator.next() >>> 0) / 0x1_0000_0000;
  const integer = (limit: number) => Math.floor(uniform() * limit);
  let spare: number | undefined;
  return {
    uniform,
    integer,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    permutation(length) {
      const order = Int32Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const swapped = order[i] ?? 0;
        order[i] = order[j] ?? 0;
        order[j] = swapped;
      }
      return order;
    },
  };
}
