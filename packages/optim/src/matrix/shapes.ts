import type { Matrix } from "../linearAlgebra/linearAlgebra.js";
import { elementCount, type ParameterSpec } from "../parameter.js";
import type { Binding, Place } from "./matrixRule.js";

/** Sizes of a matrix. */
export interface MatrixShape {
  readonly rows: number;
  readonly columns: number;
}

/**
 * A tensor as a matrix: its first axis against all the others, so that a convolution has a row an output
 * channel.
 */
export function flattened(shape: readonly number[]): MatrixShape {
  const [rows = 1, ...rest] = shape;
  return { rows, columns: elementCount(rest) };
}

/** Whether a tensor has two axes or more and is not empty. */
export const isMatrix = ({ shape }: Pick<ParameterSpec, "shape">): boolean =>
  shape.length >= 2 && elementCount(shape) > 0;

/** A place's view as a matrix of this shape, by default the place's own. */
export const matrixAt = (
  { view }: Pick<Binding, "view">,
  place: Place,
  shape: MatrixShape = flattened(place.shape),
): Matrix => ({ ...shape, values: view(place) });
