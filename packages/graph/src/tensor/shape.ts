import { GraphError } from "../errors/errors.js";

/** The extent of every dimension, outermost first; `[]` is a scalar, and an extent may be 0. */
export type Shape = readonly number[];

/** Number of elements of a shape: the product of its extents, 1 for a scalar. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Distance in elements between neighbours along each dimension, for row-major order. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** Whether two shapes are equal, extent by extent. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * An axis counted from the front: -1 is the last one.
 *
 * @throws GraphError `invalid-value` where the tensor has no such axis
 */
export function normaliseAxis(operator: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new GraphError(
      "invalid-value",
      `${operator}: axis ${axis} does not exist in a tensor of ${rank} dimensions`,
      rank === 0 ? "A scalar has no axes" : `Use an axis from ${-rank} to ${rank - 1}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from the front, in ascending order and each once; all of them where `axes` is undefined. */
export function normaliseAxes(operator: string, axes: readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const normalised = new Set(axes.map((axis) => normaliseAxis(operator, axis, rank)));
  return [...normalised].sort((a, b) => a - b);
}
