/** Operators that read and write at indices given by a tensor. */

import { GraphError, shapeError } from "../errors/errors.js";
import { stridedOffsets } from "../tensor/broadcast.js";
import type { NumericTensor, Operator } from "../tensor/operator.js";
import { elementCount, normaliseAxis, type Shape, sameShape, stridesOf } from "../tensor/shape.js";
import { applySingle, constant, type DType, type Tensor, type TensorType } from "../tensor/tensor.js";
import { add } from "./binary.js";
import { broadcastTo, broadcastToOperator, zeros } from "./broadcastTo.js";
import { equal, less } from "./comparison.js";
import { reshape } from "./layout.js";
import { matmul } from "./matmul.js";
import { cast, where } from "./select.js";
import type { AxisAttributes, AxisOptions } from "./shared/axis.js";
import { floatTypes, indexTypes, requireEqualTypes, requireTypes } from "./shared/elementTypes.js";
import { slice } from "./slicing.js";

/** Whether a tensor is zero whatever is fed. */
function isZero({ source }: Tensor): boolean {
  if (source.kind === "constant") return source.data.every((value) => value === 0);
  return (
    source.kind === "operation" &&
    source.operator.name === broadcastToOperator.name &&
    source.inputs.every(isZero)
  );
}

/** Offset of the first element with the given index along an axis, where index -1 is the last one. */
function offsetAlong(operator: string, index: number, shape: Shape, axis: number): number {
  const extent = shape[axis] ?? 0;
  if (index >= -extent && index < extent) {
    return (index < 0 ? index + extent : index) * elementCount(shape.slice(axis + 1));
  }
  throw new GraphError(
    "invalid-value",
    `${operator}: index ${index} is outside an axis of ${extent} elements`,
    `Indices go from ${-extent} to ${extent - 1}`,
  );
}

const requireIndices = (operator: string, indices: TensorType): void =>
  requireTypes(operator, [indices], indexTypes, "the indices' element type");

/**
 * Rows of a matrix up to which the derivative by it is a product with the indices as vectors: as many
 * multiply-adds take less time than one addition at an index.
 */
const mostRowsByProduct = 256;

/** The first of consecutive indices in ascending order, of a constant; undefined for all others. */
function consecutive({ source }: Tensor, extent: number): number | undefined {
  if (source.kind !== "constant") return undefined;
  const [first = -1] = source.data;
  const isRange = source.data.every((index, i) => index === first + i);
  return isRange && first >= 0 && first + source.data.length <= extent ? first : undefined;
}

/** Takes whole slices along an axis, at a list of indices. */
export const gatherOperator: Operator<AxisAttributes> = {
  name: "gather",
  infer: ([x, indices], { axis }) => {
    if (!x || !indices) return [];
    requireIndices("gather", indices);
    return [{ shape: x.shape.with(axis, elementCount(indices.shape)), dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, indices], attributes }, [dy]) => {
    if (!x || !indices || !dy) return [];
    const [rows = 0] = x.shape;
    if (attributes.axis === 0 && x.shape.length === 2 && rows <= mostRowsByProduct) {
      const fromFront = where(less(indices, 0), add(indices, rows), indices);
      return [matmul(oneHot(fromFront, rows), dy, { transposeA: true })];
    }
    const along = dy.shape.map((_, i) => (i === attributes.axis ? -1 : 1));
    return [scatterAdd(zeros(x.shape), broadcastTo(reshape(indices, along), dy.shape), dy, attributes)];
  },
  toOnnx: (emitter, inputs, { attributes: { axis } }) => [
    emitter.node("Gather", inputs, { attributes: { axis: { int: axis } } }),
  ],
  evaluate: ([x, indices], { attributes: { axis } }) => {
    if (!x || !indices) return [];
    const inner = elementCount(x.shape.slice(axis + 1));
    const outer = elementCount(x.shape.slice(0, axis));
    const starts = indices.data.map((index) => offsetAlong("gather", index, x.shape, axis));
    return [
      Float64Array.from({ length: outer * starts.length * inner }, (_, i) => {
        const row = Math.floor(i / inner);
        const block = Math.floor(row / starts.length) * (x.shape[axis] ?? 0) * inner;
        return x.data[block + (starts[row % starts.length] ?? 0) + (i % inner)] ?? Number.NaN;
      }),
    ];
  },
};

/**
 * The slices of x at the given indices along an axis: y[..., i..., ...] = x[..., indices[i...], ...].
 *
 * @param indices int32 or int64, of any shape, which takes the axis' place in the result's shape; negative
 *   ones count from the end, and one outside the axis is an error of the run
 * @param options.axis default 0
 * @throws GraphError `dtype-mismatch` for other indices, `invalid-value` for an axis that does not exist
 */
export function gather(x: Tensor, indices: Tensor, options: AxisOptions = {}): Tensor {
  const axis = normaliseAxis("gather", options.axis ?? 0, x.shape.length);
  requireIndices("gather", indices);
  const start = consecutive(indices, x.shape[axis] ?? 0);
  if (start !== undefined && indices.shape.length === 1) {
    const starts = x.shape.map((_, i) => (i === axis ? start : 0));
    const counts = x.shape.with(axis, elementCount(indices.shape));
    return sameShape(counts, x.shape)
      ? x
      : slice(
          x,
          starts,
          starts.map((at, i) => at + (counts[i] ?? 0)),
        );
  }
  const slices = applySingle(gatherOperator, [x, reshape(indices, [-1])], { axis });
  return reshape(slices, x.shape.toSpliced(axis, 1, ...indices.shape));
}

/**
 * For every element of `indices` in row-major order, the offset in a tensor of shape `shape` that it stands
 * for.
 */
function elementOffsets(operator: string, shape: Shape, indices: NumericTensor, axis: number): Float64Array {
  const bases = stridedOffsets(indices.shape, stridesOf(shape).with(axis, 0));
  return indices.data.map((index, i) => (bases[i] ?? 0) + offsetAlong(operator, index, shape, axis));
}

/** Checks that indices have x's rank and, but for the axis, no larger extents. */
function requireAligned(operator: string, x: TensorType, indices: TensorType, axis: number): void {
  requireIndices(operator, indices);
  const fits = indices.shape.every((extent, i) => i === axis || extent <= (x.shape[i] ?? 0));
  if (indices.shape.length !== x.shape.length || !fits) {
    throw shapeError(
      operator,
      [x, indices],
      `the indices need as many dimensions as x and, but for axis ${axis}, no larger extents`,
      "Give the indices a dimension of extent 1 for the axis, with reshape(indices, [-1, 1])",
    );
  }
}

/** Takes single elements along an axis. */
export const gatherElementsOperator: Operator<AxisAttributes> = {
  name: "gatherElements",
  infer: ([x, indices], { axis }) => {
    if (!x || !indices) return [];
    requireAligned("gatherElements", x, indices, axis);
    return [{ shape: indices.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, indices], attributes }, [dy]) =>
    x && indices && dy ? [scatterAdd(zeros(x.shape), indices, dy, attributes)] : [],
  toOnnx: (emitter, inputs, { attributes: { axis } }) => [
    emitter.node("GatherElements", inputs, { attributes: { axis: { int: axis } } }),
  ],
  evaluate: ([x, indices], { attributes: { axis } }) =>
    x && indices
      ? [elementOffsets("gatherElements", x.shape, indices, axis).map((i) => x.data[i] ?? Number.NaN)]
      : [],
};

/**
 * One element of x for each index: in two dimensions with axis 1, y[i, j] = x[i, indices[i, j]].
 * The likelihood of labels, say: `gatherElements(logSoftmax(logits), reshape(labels, [-1, 1]), { axis: 1 })`.
 *
 * @param indices int32 or int64, with as many dimensions as x; the result has its shape
 * @param options.axis default 0
 * @throws GraphError `shape-mismatch` or `dtype-mismatch` for other indices
 */
export function gatherElements(x: Tensor, indices: Tensor, options: AxisOptions = {}): Tensor {
  const axis = normaliseAxis("gatherElements", options.axis ?? 0, x.shape.length);
  return applySingle(gatherElementsOperator, [x, indices], { axis });
}

/** Adds single elements along an axis: the transpose of both gathers. */
export const scatterAddOperator: Operator<AxisAttributes> = {
  name: "scatterAdd",
  infer: (inputs, { axis }) => {
    const [x, indices, updates] = inputs;
    if (!x || !indices || !updates) return [];
    requireTypes("scatterAdd", [x], floatTypes);
    requireEqualTypes("scatterAdd", [x, updates]);
    requireAligned("scatterAdd", x, indices, axis);
    if (!sameShape(indices.shape, updates.shape)) {
      throw shapeError("scatterAdd", inputs, "there must be one update per index", "Broadcast the indices");
    }
    return [x];
  },
  gradient: ({ inputs: [, indices], attributes }, [dy]) =>
    indices && dy ? [dy, undefined, gatherElements(dy, indices, attributes)] : [],
  // ScatterND would add whole slices faster, but its threads race where indices repeat: results vary from run
  // to run.
  toOnnx: (emitter, inputs, { attributes: { axis } }) => [
    emitter.node("ScatterElements", inputs, {
      attributes: { axis: { int: axis }, reduction: { string: "add" } },
    }),
  ],
  evaluate: ([x, indices, updates], { attributes: { axis } }) => {
    if (!x || !indices || !updates) return [];
    const result = x.data.slice();
    elementOffsets("scatterAdd", x.shape, indices, axis).forEach((offset, i) => {
      result[offset] = (result[offset] ?? Number.NaN) + (updates.data[i] ?? Number.NaN);
    });
    return [result];
  },
};

/**
 * x with an update added for each index: in two dimensions with axis 1, x[i, indices[i, j]] += updates[i, j].
 * Repeated indices add up, in row-major order, so that results are the same bits at every run.
 *
 * @param indices int32 or int64, of the updates' shape
 * @param options.axis default 0
 * @throws GraphError `shape-mismatch` or `dtype-mismatch`
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, options: AxisOptions = {}): Tensor {
  const axis = normaliseAxis("scatterAdd", options.axis ?? 0, x.shape.length);
  return applySingle(scatterAddOperator, [x, indices, updates], { axis });
}

/**
 * The indices and updates of a tensor that is zero but for what {@link scatterAdd} put there along an axis.
 */
export function scatteredOnZero(
  { source }: Tensor,
  axis: number,
): { readonly indices: Tensor; readonly updates: Tensor } | undefined {
  if (source.kind !== "operation" || source.operator.name !== scatterAddOperator.name) return undefined;
  const [x, indices, updates] = source.inputs;
  if (!x || !indices || !updates || source.attributes.axis !== axis || !isZero(x)) return undefined;
  return { indices, updates };
}

/**
 * Indices as vectors: y[i..., j] = 1 where j = indices[i...], else 0.
 *
 * @param indices int32 or int64, of any shape
 * @param depth extent of the new last dimension; other indices than 0 … depth − 1 give zeros
 */
export function oneHot(indices: Tensor, depth: number, dtype: DType = "float32"): Tensor {
  requireIndices("oneHot", indices);
  const classes = constant(
    Array.from({ length: depth }, (_, i) => i),
    [depth],
    indices.dtype,
  );
  return cast(equal(reshape(indices, [...indices.shape, 1]), classes), dtype);
}

export const indexingOperators: readonly Operator[] = [
  gatherOperator,
  gatherElementsOperator,
  scatterAddOperator,
];
