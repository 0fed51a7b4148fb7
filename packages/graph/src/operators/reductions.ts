/**
 * Operators that reduce dimensions. Each row of the table holds the name, the ONNX operator, the fold and its
 * derivative.
 */

import { shapeError } from "../errors/errors.js";
import { broadcastOffsets } from "../tensor/broadcast.js";
import type { Operator } from "../tensor/operator.js";
import { elementCount, normaliseAxes, normaliseAxis, type Shape } from "../tensor/shape.js";
import { applySingle, type DType, type Operand, type Tensor, toTensor } from "../tensor/tensor.js";
import { divide, multiply } from "./binary.js";
import { broadcastTo } from "./broadcastTo.js";
import { equal } from "./comparison.js";
import { reshape } from "./layout.js";
import { cast } from "./select.js";
import type { AxisAttributes } from "./shared/axis.js";
import { floatTypes, numericTypes, requireTypes, signedTypes } from "./shared/elementTypes.js";

/** Settings of the reductions. */
export interface ReductionOptions {
  /** Axes to reduce; default all. Negative axes count from the end. */
  readonly axes?: readonly number[];
  /** Keep reduced dimensions with extent 1; default false. */
  readonly keepDims?: boolean;
}

type ReductionAttributes = { readonly axes: readonly number[]; readonly keepDims: boolean };

interface ReductionRule {
  readonly name: string;
  readonly onnx: string;
  readonly types: readonly DType[];
  /** The value of the reduction of nothing; absent where there is none. */
  readonly empty?: number;
  readonly initial: number;
  readonly fold: (result: number, value: number) => number;
  /** The result from the folded value and the number of values; default: the folded value. */
  readonly finish?: (result: number, count: number) => number;
  /** dL/dx from dL/dy; dy and y have the reduced dimensions with extent 1. It is broadcast to x. */
  readonly gradient: (dy: Tensor, x: Tensor, y: Tensor) => Tensor;
}

/** A shape with the given axes at extent 1. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));

const droppedShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, axis) => !axes.includes(axis));

/** How many elements each result is made of. */
const reducedCount = (shape: Shape, axes: readonly number[]): number =>
  elementCount(shape.filter((_, axis) => axes.includes(axis)));

function requireElements(name: string, x: { readonly shape: Shape }, axes: readonly number[]): void {
  if (reducedCount(x.shape, axes) === 0) {
    throw shapeError(
      name,
      [x],
      `axes [${axes.join(", ")}] must hold at least one element`,
      "Reduce over axes that have elements; only a sum of nothing has a value",
    );
  }
}

function reductionOperator(rule: ReductionRule): Operator<ReductionAttributes> {
  const { name } = rule;
  return {
    name,
    infer: (inputs, { axes, keepDims }) => {
      requireTypes(name, inputs, rule.types);
      return inputs.map((x) => {
        if (rule.empty === undefined) requireElements(name, x, axes);
        return { shape: (keepDims ? keptShape : droppedShape)(x.shape, axes), dtype: x.dtype };
      });
    },
    gradient: ({ inputs: [x], outputs: [y], attributes: { axes } }, [dy]) => {
      if (!x || !y || !dy) return [];
      const kept = keptShape(x.shape, axes);
      return [broadcastTo(rule.gradient(reshape(dy, kept), x, reshape(y, kept)), x.shape)];
    },
    toOnnx: (emitter, [x = ""], { attributes: { axes, keepDims } }) => [
      emitter.node(rule.onnx, [x, emitter.constant(axes, [axes.length], "int64")], {
        attributes: { keepdims: { int: Number(keepDims) } },
      }),
    ],
    evaluate: (inputs, { attributes: { axes } }) =>
      inputs.map((x) => {
        const kept = keptShape(x.shape, axes);
        const result = new Float64Array(elementCount(kept)).fill(rule.initial);
        broadcastOffsets(kept, x.shape).forEach((offset, i) => {
          result[offset] = rule.fold(result[offset] ?? Number.NaN, x.data[i] ?? Number.NaN);
        });
        const count = reducedCount(x.shape, axes);
        return rule.finish ? result.map((value) => rule.finish?.(value, count) ?? value) : result;
      }),
  };
}

/** A function that users call, with the operator that it applies. */
type ReductionFunction = ((x: Operand, options?: ReductionOptions) => Tensor) & {
  readonly operator: Operator<ReductionAttributes>;
};

function reduction(rule: ReductionRule): ReductionFunction {
  const operator = reductionOperator(rule);
  const reduce = (operand: Operand, { axes, keepDims = false }: ReductionOptions = {}): Tensor => {
    const x = toTensor(operand);
    const normalised = normaliseAxes(rule.name, axes, x.shape.length);
    // Over one element each, all of them give that element.
    if (reducedCount(x.shape, normalised) === 1) {
      return reshape(x, (keepDims ? keptShape : droppedShape)(x.shape, normalised));
    }
    return applySingle(operator, [x], { axes: normalised, keepDims });
  };
  return Object.assign(reduce, { operator });
}

/** The sum over axes; 0 of nothing. */
export const sum = reduction({
  name: "sum",
  onnx: "ReduceSum",
  types: signedTypes,
  empty: 0,
  initial: 0,
  fold: (total, value) => total + value,
  gradient: (dy) => dy,
});

/**
 * The arithmetic mean over axes.
 *
 * @throws GraphError `shape-mismatch` for the mean of nothing
 */
export const mean = reduction({
  name: "mean",
  onnx: "ReduceMean",
  types: floatTypes,
  initial: 0,
  fold: (total, value) => total + value,
  finish: (total, count) => total / count,
  gradient: (dy, x) => multiply(dy, elementCount(dy.shape) / elementCount(x.shape)),
});

/** Shares dL/dy evenly among the elements that attain an extremum. */
function attained(dy: Tensor, x: Tensor, y: Tensor): Tensor {
  const mask = cast(equal(x, y), "float32");
  const axes = dy.shape.flatMap((extent, axis) => (extent === x.shape[axis] ? [] : [axis]));
  return multiply(mask, divide(dy, sum(mask, { axes, keepDims: true })));
}

/**
 * The largest element over axes. Elements that tie share the derivative evenly.
 *
 * @throws GraphError `shape-mismatch` for the maximum of nothing
 */
export const max = reduction({
  name: "max",
  onnx: "ReduceMax",
  types: numericTypes,
  initial: Number.NEGATIVE_INFINITY,
  fold: Math.max,
  gradient: attained,
});

/**
 * The smallest element over axes. Elements that tie share the derivative evenly.
 *
 * @throws GraphError `shape-mismatch` for the minimum of nothing
 */
export const min = reduction({
  name: "min",
  onnx: "ReduceMin",
  types: numericTypes,
  initial: Number.POSITIVE_INFINITY,
  fold: Math.min,
  gradient: attained,
});

type ArgMaxAttributes = AxisAttributes & { readonly keepDims: boolean };

/** Index of the largest element along an axis. */
export const argMaxOperator: Operator<ArgMaxAttributes> = {
  name: "argMax",
  infer: (inputs, { axis, keepDims }) => {
    requireTypes("argMax", inputs, numericTypes);
    return inputs.map((x) => {
      requireElements("argMax", x, [axis]);
      return { shape: (keepDims ? keptShape : droppedShape)(x.shape, [axis]), dtype: "int64" };
    });
  },
  gradient: () => [],
  toOnnx: (emitter, inputs, { attributes: { axis, keepDims } }) => [
    emitter.node("ArgMax", inputs, {
      attributes: { axis: { int: axis }, keepdims: { int: Number(keepDims) } },
    }),
  ],
  evaluate: (inputs, { attributes: { axis } }) =>
    inputs.map((x) => {
      const kept = keptShape(x.shape, [axis]);
      const largest = new Float64Array(elementCount(kept)).fill(Number.NEGATIVE_INFINITY);
      const index = new Float64Array(largest.length);
      const stride = elementCount(x.shape.slice(axis + 1));
      broadcastOffsets(kept, x.shape).forEach((offset, i) => {
        const value = x.data[i] ?? Number.NaN;
        if (value <= (largest[offset] ?? 0)) return;
        largest[offset] = value;
        index[offset] = Math.floor(i / stride) % (x.shape[axis] ?? 1);
      });
      return index;
    }),
};

/**
 * Index of the largest element along an axis, the first one of several, as int64. It has no derivative.
 *
 * @throws GraphError `shape-mismatch` for an axis of extent 0
 */
export function argMax(x: Tensor, options: { readonly axis: number; readonly keepDims?: boolean }): Tensor {
  const axis = normaliseAxis("argMax", options.axis, x.shape.length);
  return applySingle(argMaxOperator, [x], { axis, keepDims: options.keepDims ?? false });
}

export const reductionOperators: readonly Operator[] = [
  sum.operator,
  mean.operator,
  max.operator,
  min.operator,
  argMaxOperator,
];
