import { SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import type { Range } from "../images/imageSet.js";

/** Which examples each step takes. */
export interface BatchOrder {
  /** Whole batches in an epoch. */
  readonly stepsPerEpoch: number;
  /** Writes the examples of a step (1, 2, …) into `out`, of the batch's size. */
  fill(step: number, out: Int32Array): void;
}

/**
 * Every epoch a new permutation of the examples, cut into batches; a partial batch at its end is left out.
 * The examples of a step are a pure function of seed and step, so a run can continue anywhere.
 * @throws SteepestError `invalid-value` where the batch is not 1 … count, or, on `fill`, the step is not 1,
 *   2, ….
 */
export function batchOrder({ start, end }: Range, batchSize: number, seed: number): BatchOrder {
  const count = end - start;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > count) {
    throw new SteepestError(
      "invalid-value",
      `expected a batch of 1 to ${count} examples, found ${batchSize}`,
      "A usual size is 128",
    );
  }
  const stepsPerEpoch = Math.floor(count / batchSize);
  const order = new Int32Array(count);
  let current = -1;
  return {
    stepsPerEpoch,
    fill(step, out) {
      if (!Number.isInteger(step) || step < 1) {
        throw new SteepestError(
          "invalid-value",
          `expected a step 1, 2, ..., found ${step}`,
          "Count steps from 1",
        );
      }
      const epoch = Math.floor((step - 1) / stepsPerEpoch);
      if (epoch !== current) {
        randomStream(seed, "data-order", epoch).permutation(count, order);
        current = epoch;
      }
      const first = ((step - 1) % stepsPerEpoch) * batchSize;
      for (let i = 0; i < batchSize; i++) out[i] = start + (order[first + i] ?? 0);
    },
  };
}
