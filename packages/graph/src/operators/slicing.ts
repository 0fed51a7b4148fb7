/**
 * Operators that take tensors apart and put them together: slice and pad, split and concat, each the other's
 * transpose.
 */

import { GraphError, shapeError } from "../errors/errors.js";
import { stridedOffsets } from "../tensor/broadcast.js";
import type { Operator } from "../tensor/operator.js";
import { elementCount, normaliseAxis, type Shape, stridesOf } from "../tensor/shape.js";
import { apply, applySingle, type Tensor } from "../tensor/tensor.js";
import { zeros } from "./broadcastTo.js";
import { reshape } from "./layout.js";
import type { AxisAttributes, AxisOptions } from "./shared/axis.js";
import { requireEqualTypes } from "./shared/elementTypes.js";

/** For every axis: the first index, the number of indices and the distance between them. */
type SliceAttributes = {
  readonly starts: readonly number[];
  readonly counts: readonly number[];
  readonly steps: readonly number[];
};

/** Puts step − 1 zeros after every element along an axis. */
function spread(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const [before, after] = [x.shape.slice(0, axis + 1), x.shape.slice(axis + 1)];
  const columns = reshape(x, [...before, 1, ...after]);
  const amounts = columns.shape.map((_, i) => (i === axis + 1 ? step - 1 : 0));
  const padded = pad(
    columns,
    amounts.map(() => 0),
    amounts,
  );
  return reshape(
    padded,
    x.shape.map((extent, i) => (i === axis ? extent * step : extent)),
  );
}

/** Takes every step-th element of a range along each axis. */
export const sliceOperator: Operator<SliceAttributes> = {
  name: "slice",
  infer: (inputs, { counts }) => inputs.map(({ dtype }) => ({ shape: counts, dtype })),
  gradient: ({ inputs, attributes: { starts, steps } }, [dy]) =>
    inputs.map(({ shape }) => {
      if (!dy) return undefined;
      const spreadOut = steps.reduce((x, step, axis) => spread(x, axis, step), dy);
      // The zeros after the last element may reach past the end.
      const ends = shape.map((extent, axis) =>
        Math.min(spreadOut.shape[axis] ?? 0, extent - (starts[axis] ?? 0)),
      );
      const fitting = slice(
        spreadOut,
        ends.map(() => 0),
        ends,
      );
      return pad(
        fitting,
        starts,
        shape.map((extent, axis) => extent - (starts[axis] ?? 0) - (ends[axis] ?? 0)),
      );
    }),
  toOnnx: (emitter, [x = ""], { attributes: { starts, counts, steps } }) => {
    const list = (values: readonly number[]) => emitter.constant(values, [values.length], "int64");
    const ends = starts.map((start, axis) => {
      const count = counts[axis] ?? 0;
      return count === 0 ? start : start + (count - 1) * (steps[axis] ?? 1) + 1;
    });
    const axes = starts.map((_, axis) => axis);
    return [emitter.node("Slice", [x, list(starts), list(ends), list(axes), list(steps)])];
  },
  evaluate: (inputs, { attributes: { starts, counts, steps } }) =>
    inputs.map((x) => {
      const strides = stridesOf(x.shape);
      const start = strides.reduce((sum, stride, axis) => sum + stride * (starts[axis] ?? 0), 0);
      const offsets = stridedOffsets(
        counts,
        strides.map((stride, axis) => stride * (steps[axis] ?? 1)),
        start,
      );
      return Float64Array.from(offsets, (offset) => x.data[offset] ?? Number.NaN);
    }),
};

/** Settings of {@link slice}. */
export interface SliceOptions {
  /** The axes that `starts` and `ends` are for; default: the first ones, in order. */
  readonly axes?: readonly number[];
  /** Distances between the indices taken, each > 0; default 1. */
  readonly steps?: readonly number[];
}

/**
 * The part of x from `starts` up to, not including, `ends` along each axis, by Python's rule: negative
 * indices count from the end, and indices beyond an end are cut.
 *
 * @throws GraphError `invalid-value` for lists of different lengths, an axis that does not exist or a step
 *   that is not an integer > 0
 */
export function slice(
  x: Tensor,
  starts: readonly number[],
  ends: readonly number[],
  options: SliceOptions = {},
): Tensor {
  const rank = x.shape.length;
  const axes = (options.axes ?? starts.map((_, i) => i)).map((axis) => normaliseAxis("slice", axis, rank));
  const steps = options.steps ?? axes.map(() => 1);
  if (
    [ends, axes, steps].some((list) => list.length !== starts.length) ||
    new Set(axes).size !== axes.length
  ) {
    throw new GraphError(
      "invalid-value",
      `slice: ${starts.length} starts, ${ends.length} ends, ${steps.length} steps for axes [${axes.join(", ")}]`,
      "Give one start, end and step per axis, and each axis once",
    );
  }
  if (steps.some((step) => !Number.isInteger(step) || step < 1)) {
    throw new GraphError("invalid-value", `slice: steps [${steps.join(", ")}]`, "Use integers > 0");
  }
  const ranges = x.shape.map((extent, axis) => {
    const i = axes.indexOf(axis);
    const clip = (index: number) => Math.min(Math.max(index < 0 ? index + extent : index, 0), extent);
    const start = i < 0 ? 0 : clip(starts[i] ?? 0);
    const end = i < 0 ? extent : clip(ends[i] ?? extent);
    const step = steps[i] ?? 1;
    return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
  if (ranges.every(({ count }, axis) => count === x.shape[axis])) return x;
  return applySingle(sliceOperator, [x], {
    starts: ranges.map(({ start }) => start),
    counts: ranges.map(({ count }) => count),
    steps: ranges.map(({ step }) => step),
  });
}

type PadAttributes = {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
};

/** Surrounds with a constant: with zeros, the transpose of a slice. */
export const padOperator: Operator<PadAttributes> = {
  name: "pad",
  infer: (inputs, { before, after }) =>
    inputs.map(({ shape, dtype }) => ({
      shape: shape.map((extent, axis) => extent + (before[axis] ?? 0) + (after[axis] ?? 0)),
      dtype,
    })),
  gradient: ({ inputs, attributes: { before } }, [dy]) =>
    inputs.map(
      ({ shape }) =>
        dy &&
        slice(
          dy,
          before,
          shape.map((extent, axis) => extent + (before[axis] ?? 0)),
        ),
    ),
  toOnnx: (emitter, [x = ""], { inputs: [type], attributes: { before, after, value } }) => [
    emitter.node("Pad", [
      x,
      emitter.constant([...before, ...after], [2 * before.length], "int64"),
      emitter.constant([value], [], type?.dtype ?? "float32"),
    ]),
  ],
  evaluate: (inputs, { attributes: { before, value }, outputs: [y] }) =>
    inputs.map((x) => {
      const strides = stridesOf(y?.shape ?? []);
      const result = new Float64Array(elementCount(y?.shape ?? [])).fill(value);
      const start = strides.reduce((sum, stride, axis) => sum + stride * (before[axis] ?? 0), 0);
      stridedOffsets(x.shape, strides, start).forEach((offset, i) => {
        result[offset] = x.data[i] ?? Number.NaN;
      });
      return result;
    }),
};

/**
 * x surrounded by a constant.
 *
 * @param before how many elements to add at the front of each axis
 * @param after how many to add at the end of each axis
 * @throws GraphError `invalid-value` unless both give an integer ≥ 0 for each axis
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  const amounts = [...before, ...after];
  const rank = x.shape.length;
  if (before.length !== rank || after.length !== rank || amounts.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new GraphError(
      "invalid-value",
      `pad: [${before.join(", ")}] before and [${after.join(", ")}] after the ${rank} axes of x`,
      "Give an integer >= 0 for each axis",
    );
  }
  return amounts.every((n) => n === 0) ? x : applySingle(padOperator, [x], { before, after, value });
}

/**
 * Elements of one contiguous block of a tensor of this shape, when tensors are joined along an axis block by
 * block.
 */
const blockSize = (shape: Shape, axis: number): number => elementCount(shape.slice(axis));

/** Joins tensors along an axis. */
export const concatOperator: Operator<AxisAttributes> = {
  name: "concat",
  infer: (inputs, { axis }) => {
    requireEqualTypes("concat", inputs);
    const [first] = inputs;
    const rest = (shape: Shape) => JSON.stringify(shape.toSpliced(axis, 1));
    if (first === undefined || inputs.some(({ shape }) => rest(shape) !== rest(first.shape))) {
      throw shapeError(
        "concat",
        inputs,
        `all extents but those of axis ${axis} must be equal`,
        "Reshape, or choose another axis",
      );
    }
    const extent = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    return [{ shape: first.shape.with(axis, extent), dtype: first.dtype }];
  },
  gradient: ({ inputs, attributes: { axis } }, [dy]) =>
    dy
      ? split(
          dy,
          inputs.map(({ shape }) => shape[axis] ?? 0),
          { axis },
        )
      : [],
  toOnnx: (emitter, inputs, { attributes: { axis } }) => [
    emitter.node("Concat", inputs, { attributes: { axis: { int: axis } } }),
  ],
  evaluate: (inputs, { attributes: { axis }, outputs: [y] }) => {
    const shape = y?.shape ?? [];
    const result = new Float64Array(elementCount(shape));
    let position = 0;
    for (let outer = 0; outer < elementCount(shape.slice(0, axis)); outer++) {
      for (const x of inputs) {
        const size = blockSize(x.shape, axis);
        result.set(x.data.subarray(outer * size, (outer + 1) * size), position);
        position += size;
      }
    }
    return [result];
  },
};

/**
 * Tensors joined along an axis.
 *
 * @param options.axis default 0
 * @throws GraphError `shape-mismatch` where other extents differ, `dtype-mismatch`, `invalid-value` without
 *   tensors
 */
export function concat(tensors: readonly Tensor[], options: AxisOptions = {}): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new GraphError("invalid-value", "concat: no tensors", "Pass at least one");
  const axis = normaliseAxis("concat", options.axis ?? 0, first.shape.length);
  return tensors.length === 1 ? first : applySingle(concatOperator, tensors, { axis });
}

type SplitAttributes = AxisAttributes & { readonly sizes: readonly number[] };

/** Cuts a tensor into parts along an axis: the transpose of joining them. */
export const splitOperator: Operator<SplitAttributes> = {
  name: "split",
  infer: (inputs, { axis, sizes }) =>
    inputs.flatMap(({ shape, dtype }) => sizes.map((size) => ({ shape: shape.with(axis, size), dtype }))),
  gradient: ({ outputs, attributes: { axis } }, outputGradients) => [
    concat(
      outputs.map((y, i) => outputGradients[i] ?? zeros(y.shape)),
      { axis },
    ),
  ],
  toOnnx: (emitter, [x = ""], { attributes: { axis, sizes } }) =>
    emitter.nodes("Split", [x, emitter.constant(sizes, [sizes.length], "int64")], sizes.length, {
      attributes: { axis: { int: axis } },
    }),
  evaluate: ([x], { attributes: { axis }, outputs }) => {
    if (!x) return [];
    const stride = blockSize(x.shape, axis);
    let start = 0;
    return outputs.map(({ shape }) => {
      const size = blockSize(shape, axis);
      const offset = start;
      start += size;
      return Float64Array.from(
        { length: elementCount(shape) },
        (_, i) => x.data[Math.floor(i / size) * stride + offset + (i % size)] ?? Number.NaN,
      );
    });
  },
};

/**
 * x cut into consecutive parts along an axis.
 *
 * @param sizes the parts' extents, or the number of equal parts
 * @param options.axis default 0
 * @throws GraphError `invalid-value` where the parts do not add up to the extent
 */
export function split(
  x: Tensor,
  sizes: number | readonly number[],
  options: AxisOptions = {},
): readonly Tensor[] {
  const axis = normaliseAxis("split", options.axis ?? 0, x.shape.length);
  const extent = x.shape[axis] ?? 0;
  const parts = typeof sizes === "number" ? Array.from({ length: sizes }, () => extent / sizes) : [...sizes];
  const total = parts.reduce((sum, size) => sum + size, 0);
  if (parts.length === 0 || total !== extent || parts.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new GraphError(
      "invalid-value",
      `split: parts of [${parts.join(", ")}] along axis ${axis}, whose extent is ${extent}`,
      "Give integers that add up to the extent",
    );
  }
  return parts.length === 1 ? [x] : apply(splitOperator, [x], { axis, sizes: parts });
}

export const slicingOperators: readonly Operator[] = [
  sliceOperator,
  padOperator,
  concatOperator,
  splitOperator,
];
