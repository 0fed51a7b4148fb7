/** Operators that keep all elements and change their shape or order. */

import { formatShape, GraphError, shapeError } from "../errors/errors.js";
import { stridedOffsets } from "../tensor/broadcast.js";
import type { NumericTensor, Operator } from "../tensor/operator.js";
import { elementCount, normaliseAxis, type Shape, sameShape, stridesOf } from "../tensor/shape.js";
import { applySingle, type Tensor } from "../tensor/tensor.js";

type ReshapeAttributes = { readonly shape: Shape };

/** The same elements in row-major order under another shape. */
export const reshapeOperator: Operator<ReshapeAttributes> = {
  name: "reshape",
  infer: (inputs, { shape }) =>
    inputs.map((x) => {
      if (elementCount(x.shape) !== elementCount(shape)) {
        throw shapeError(
          "reshape",
          [x, { shape }],
          "both shapes must have the same number of elements",
          `${elementCount(x.shape)} and ${elementCount(shape)} elements differ: correct an extent, or let one be -1`,
        );
      }
      return { shape, dtype: x.dtype };
    }),
  gradient: ({ inputs }, [dy]) => inputs.map((x) => dy && reshape(dy, x.shape)),
  toOnnx: (emitter, [x = ""], { attributes: { shape } }) => [
    emitter.node("Reshape", [x, emitter.constant(shape, [shape.length], "int64")], {
      // Otherwise ONNX takes an extent 0 for "as the input's".
      attributes: shape.includes(0) ? { allowzero: { int: 1 } } : {},
    }),
  ],
  evaluate: (inputs) => inputs.map((x) => x.data.slice()),
};

/**
 * The elements of x, in row-major order, under another shape.
 *
 * @param shape one extent may be -1: it takes what the others leave
 * @throws GraphError `shape-mismatch` where the numbers of elements differ
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = elementCount(shape.filter((extent) => extent !== -1));
  const rest = known === 0 ? 0 : elementCount(x.shape) / known;
  if (shape.filter((extent) => extent === -1).length > 1 || (shape.includes(-1) && !Number.isInteger(rest))) {
    throw shapeError(
      "reshape",
      [x, { shape }],
      "one extent -1 must divide what the others leave",
      `Give one -1 at most, and others whose product divides the ${elementCount(x.shape)} elements`,
    );
  }
  const wanted = shape.map((extent) => (extent === -1 ? rest : extent));
  return sameShape(x.shape, wanted) ? x : applySingle(reshapeOperator, [x], { shape: wanted });
}

type TransposeAttributes = { readonly permutation: readonly number[] };

/** The elements that a walk over `shape` with the given steps reads, in order. */
const walk = (x: NumericTensor, shape: Shape, steps: readonly number[], start = 0): Float64Array =>
  Float64Array.from(stridedOffsets(shape, steps, start), (offset) => x.data[offset] ?? Number.NaN);

/** Output dimension i is input dimension `permutation[i]`. */
export const transposeOperator: Operator<TransposeAttributes> = {
  name: "transpose",
  infer: (inputs, { permutation }) =>
    inputs.map(({ shape, dtype }) => ({ shape: permutation.map((axis) => shape[axis] ?? 1), dtype })),
  gradient: ({ inputs, attributes: { permutation } }, [dy]) =>
    inputs.map(
      () =>
        dy &&
        transpose(
          dy,
          permutation.map((_, axis) => permutation.indexOf(axis)),
        ),
    ),
  toOnnx: (emitter, inputs, { attributes: { permutation } }) => [
    emitter.node("Transpose", inputs, { attributes: { perm: { ints: permutation } } }),
  ],
  evaluate: (inputs, { attributes: { permutation } }) =>
    inputs.map((x) => {
      const strides = stridesOf(x.shape);
      return walk(
        x,
        permutation.map((axis) => x.shape[axis] ?? 1),
        permutation.map((axis) => strides[axis] ?? 0),
      );
    }),
};

/**
 * x with its dimensions in another order: dimension i of the result is dimension `permutation[i]` of x.
 *
 * @param permutation default: all dimensions reversed, which for a matrix is Aᵀ
 * @throws GraphError `invalid-value` where it is not a permutation of x's axes
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const axes = (permutation ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis)).map((axis) =>
    normaliseAxis("transpose", axis, rank),
  );
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw new GraphError(
      "invalid-value",
      `transpose: [${axes.join(", ")}] is no permutation of the axes of shape ${formatShape(x.shape)}`,
      `Name each of the ${rank} axes once`,
    );
  }
  return applySingle(transposeOperator, [x], { permutation: axes });
}

export const layoutOperators: readonly Operator[] = [reshapeOperator, transposeOperator];
