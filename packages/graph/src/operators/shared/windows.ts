/** The geometry of windows that slide over images: what convolution and pooling have in common. */
import { GraphError, shapeError } from "../../errors/errors.js";
import type { TensorType } from "../../tensor/tensor.js";

/** [vertical, horizontal]. */
export type Pair = readonly [number, number];

/**
 * One number for both directions, or both.
 *
 * @throws GraphError `invalid-value` unless they are integers ≥ `least`
 */
export function pairOf(what: string, value: number | Pair, least: number): Pair {
  const pair: Pair = typeof value === "number" ? [value, value] : [value[0], value[1]];
  if (pair.every((n) => Number.isInteger(n) && n >= least)) return pair;
  throw new GraphError("invalid-value", `${what} is ${pair.join(" x ")}`, `Use integers >= ${least}`);
}

/** Windows along one direction. */
export interface WindowGeometry {
  readonly window: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/**
 * How many windows fit along one direction of an image: ⌊(extent + 2·padding − dilation·(window − 1) − 1) /
 * stride⌋ + 1.
 *
 * @throws GraphError `shape-mismatch` where none fits
 */
export function windowCount(
  operator: string,
  inputs: readonly TensorType[],
  extent: number,
  { window, stride, padding, dilation }: WindowGeometry,
): number {
  const reach = dilation * (window - 1) + 1;
  if (window > 0 && reach <= extent + 2 * padding) {
    return Math.floor((extent + 2 * padding - reach) / stride) + 1;
  }
  throw shapeError(
    operator,
    inputs,
    `a window that reaches over ${reach} must fit into ${extent} + 2 x ${padding} of padding`,
    "Use a smaller window or more padding",
  );
}
