import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { hash128 } from "./hash.js";

const TWO_TO_32 = 0x1_0000_0000;

/** What a stream is for: words and counters, e.g. `"data-order", epoch`. */
export type Label = string | number;

/** A seeded stream of random numbers. Streams with different seeds or labels are independent. */
export interface RandomStream {
  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number;
  /** Standard normal, by the transform of Box and Muller (1958). */
  normal(): number;
  /**
   * Uniform integer in [0, limit), without modulo bias.
   * @throws RangeError where limit is not an integer in 1..2³².
   */
  integer(limit: number): number;
  /**
   * A uniformly random order of 0..length−1 (Fisher–Yates), written into `out` where one of that length is
   * given.
   */
  permutation(length: number, out?: Int32Array): Int32Array;
}

/**
 * The stream of a seed and a purpose, e.g. `randomStream(seed, "data-order", epoch)`: a pure function of its
 * arguments, so nothing needs to be saved to continue a run. The generator is xoroshiro128+ (Blackman and
 * Vigna 2018), its 128-bit state a hash of seed and labels. The label 1 and the label "1" are two labels.
 */
export function randomStream(seed: number, ...labels: readonly Label[]): RandomStream {
  // JSON separates and types the labels, so that ("a", "b"), ("a,b") and (1, "1") all differ.
  const generator = xoroshiro128plusFromState(hash128(JSON.stringify([seed, ...labels])));
  const bits = () => generator.next() >>> 0;
  const uniform = () => bits() / TWO_TO_32;

  // Equal buckets of the 32-bit range, addressed by the high bits (the low bits of xoroshiro128+ are its weak
  // ones).
  const bounded = (limit: number) => {
    const bucket = Math.floor(TWO_TO_32 / limit);
    let value = Math.floor(bits() / bucket);
    while (value >= limit) value = Math.floor(bits() / bucket);
    return value;
  };

  let spare: number | undefined;
  return {
    uniform,
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
    integer(limit) {
      if (!Number.isInteger(limit) || limit < 1 || limit > TWO_TO_32) {
        throw new RangeError(`integer(limit) expects an integer limit in 1..2^32, found ${limit}`);
      }
      return bounded(limit);
    },
    permutation(length, out = new Int32Array(length)) {
      if (out.length !== length) {
        throw new RangeError(
          `permutation(${length}) expects an array of ${length} elements, found ${out.length}`,
        );
      }
      for (let i = 0; i < length; i++) out[i] = i;
      for (let i = length - 1; i > 0; i--) {
        const j = bounded(i + 1);
        const swapped = out[i] ?? 0;
        out[i] = out[j] ?? 0;
        out[j] = swapped;
      }
      return out;
    },
  };
}
