import { add, constant, less, multiply, uniform, where } from "@steepest/graph";
import { SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import type { Model } from "../models/model.js";

const KEYS = 2 ** 31;

/** The value of {@link Mode.dropoutKey} at a step: a pure function of seed and step. */
export const dropoutKey = (seed: number, step: number): bigint =>
  BigInt(randomStream(seed, "dropout", step).integer(KEYS));

/**
 * In training, sets each element to zero with probability `rate` and divides the others by 1 − rate, so that
 * the mean stays (Srivastava et al. 2014); in evaluation, x.
 * @param name - told apart from other dropout layers, so that no two draw the same elements.
 * @throws SteepestError `invalid-value` where the rate is not in [0, 1); on `apply`, `misuse` where training
 *   has no key.
 */
export function dropout(name: string, rate: number): Model {
  if (!(rate >= 0 && rate < 1)) {
    throw new SteepestError(
      "invalid-value",
      `dropout layer "${name}": expected a rate in [0, 1), found ${rate}`,
      "Give the share of elements to drop, e.g. 0.1",
    );
  }
  const offset = randomStream(0, "dropout layer", name).integer(KEYS);
  return {
    parameters: [],
    apply(x, { training, dropoutKey: key }) {
      if (!training || rate === 0) return x;
      if (key === undefined) {
        throw new SteepestError(
          "misuse",
          `dropout layer "${name}" has no key to draw from in training`,
          'Pass dropoutKey: input("dropoutKey", [], "int64") and feed dropoutKey(seed, step)',
        );
      }
      const draws = uniform(add(key, constant(offset, [], "int64")), x.shape);
      return where(less(draws, rate), 0, multiply(x, 1 / (1 - rate)));
    },
  };
}
