/** Operators that normalise along axes: softmax, its logarithm, and layer normalisation. */

import { shapeError } from "../errors/errors.js";
import { broadcastOffsets } from "../tensor/broadcast.js";
import type { NumericTensor, Operator } from "../tensor/operator.js";
import { elementCount, normaliseAxis, sameShape } from "../tensor/shape.js";
import { applySingle, type Tensor } from "../tensor/tensor.js";
import { add, multiply, subtract } from "./binary.js";
import { broadcastTo } from "./broadcastTo.js";
import { scatterAdd, scatteredOnZero } from "./indexing.js";
import { mean, sum } from "./reductions.js";
import type { AxisAttributes, AxisOptions } from "./shared/axis.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";
import { exp, negate } from "./unary.js";

/** For every element of x, x − max and log Σ exp(x − max) along the axis. */
function shiftedAndLogSum(x: NumericTensor, axis: number): { shifted: Float64Array; logSum: Float64Array } {
  const kept = x.shape.with(axis, 1);
  const offsets = broadcastOffsets(kept, x.shape);
  const at = (values: Float64Array, i: number): number => values[offsets[i] ?? 0] ?? Number.NaN;
  const largest = new Float64Array(elementCount(kept)).fill(Number.NEGATIVE_INFINITY);
  x.data.forEach((value, i) => {
    largest[offsets[i] ?? 0] = Math.max(at(largest, i), value);
  });
  const shifted = x.data.map((value, i) => value - at(largest, i));
  const sums = new Float64Array(largest.length);
  shifted.forEach((value, i) => {
    sums[offsets[i] ?? 0] = at(sums, i) + Math.exp(value);
  });
  return { shifted, logSum: shifted.map((_, i) => Math.log(at(sums, i))) };
}

interface SoftmaxRule {
  readonly name: string;
  readonly onnx: string;
  /** One result from x − max and log Σ exp(x − max). */
  readonly f: (shifted: number, logSum: number) => number;
  readonly gradient: (dy: Tensor, y: Tensor, axis: number) => Tensor;
}

/** The operator of a row, and the function that applies it. */
function softmaxFunction({ name, onnx, f, gradient }: SoftmaxRule) {
  const operator: Operator<AxisAttributes> = {
    name,
    infer: (inputs) => {
      requireTypes(name, inputs, floatTypes);
      return inputs;
    },
    gradient: ({ outputs: [y], attributes: { axis } }, [dy]) => (dy && y ? [gradient(dy, y, axis)] : []),
    toOnnx: (emitter, inputs, { attributes: { axis } }) => [
      emitter.node(onnx, inputs, { attributes: { axis: { int: axis } } }),
    ],
    evaluate: (inputs, { attributes: { axis } }) =>
      inputs.map((x) => {
        const { shifted, logSum } = shiftedAndLogSum(x, axis);
        return shifted.map((value, i) => f(value, logSum[i] ?? 0));
      }),
  };
  const normalise = (x: Tensor, options: AxisOptions = {}): Tensor =>
    applySingle(operator, [x], { axis: normaliseAxis(name, options.axis ?? -1, x.shape.length) });
  return Object.assign(normalise, { operator });
}

/** eˣ / Σ eˣ along an axis (default the last), without overflow. */
export const softmax = softmaxFunction({
  name: "softmax",
  onnx: "Softmax",
  f: (shifted, logSum) => Math.exp(shifted - logSum),
  gradient: (dy, y, axis) => {
    const weighted = multiply(dy, y);
    return subtract(weighted, multiply(y, sum(weighted, { axes: [axis], keepDims: true })));
  },
});

/**
 * x − log Σ eˣ along an axis (default the last), without overflow.
 * Its derivative is dy − softmax(x) Σ dy; for the likelihood of labels, which reaches one element of each row
 * only, that is the softmax with the labels' elements changed, in place of passes over mostly zeros.
 */
export const logSoftmax = softmaxFunction({
  name: "logSoftmax",
  onnx: "LogSoftmax",
  f: (shifted, logSum) => shifted - logSum,
  gradient: (dy, y, axis) => {
    const scattered = scatteredOnZero(dy, axis);
    const total = sum(scattered?.updates ?? dy, { axes: [axis], keepDims: true });
    if (!scattered) return subtract(dy, multiply(exp(y), total));
    return scatterAdd(multiply(exp(y), negate(total)), scattered.indices, scattered.updates, { axis });
  },
});

type LayerNormAttributes = { readonly axis: number; readonly epsilon: number };

/**
 * Normalises over the dimensions from `axis` on: gives z = (x − mean) / √(variance + ε), and mean and
 * 1/√(variance + ε), which its derivative uses.
 */
export const layerNormOperator: Operator<LayerNormAttributes> = {
  name: "layerNorm",
  infer: (inputs, { axis }) => {
    requireTypes("layerNorm", inputs, floatTypes);
    return inputs.flatMap((x) => {
      const statistic = { shape: x.shape.map((extent, i) => (i < axis ? extent : 1)), dtype: x.dtype };
      return [x, statistic, statistic];
    });
  },
  gradient: ({ inputs: [x], outputs: [z, , inverse], attributes: { axis } }, [dz, dmean, dinverse]) => {
    if (!x || !z || !inverse) return [];
    const axes = x.shape.map((_, i) => i).slice(axis);
    const width = elementCount(x.shape.slice(axis));
    const meanOf = (tensor: Tensor) => mean(tensor, { axes, keepDims: true });
    const parts: Tensor[] = [];
    if (dz) {
      const direct = subtract(dz, multiply(z, meanOf(multiply(dz, z))));
      parts.push(multiply(subtract(direct, meanOf(dz)), inverse));
    }
    if (dmean) parts.push(multiply(dmean, 1 / width));
    if (dinverse)
      parts.push(multiply(z, multiply(multiply(dinverse, multiply(inverse, inverse)), -1 / width)));
    const [first, ...others] = parts;
    const dx = first && others.reduce((total, part) => add(total, part), first);
    return [dx && broadcastTo(dx, x.shape)];
  },
  toOnnx: (emitter, [x = ""], { inputs: [type], attributes: { axis, epsilon } }) => {
    const normalised = type?.shape.slice(axis) ?? [];
    const ones = new Float64Array(elementCount(normalised)).fill(1);
    return emitter.nodes("LayerNormalization", [x, emitter.constant(ones, normalised, "float32")], 3, {
      attributes: { axis: { int: axis }, epsilon: { float: epsilon } },
    });
  },
  evaluate: ([x], { attributes: { axis, epsilon } }) => {
    if (!x) return [];
    const width = elementCount(x.shape.slice(axis));
    const rows = Array.from({ length: x.data.length / width }, (_, i) =>
      x.data.subarray(i * width, (i + 1) * width),
    );
    const means = rows.map((row) => row.reduce((total, value) => total + value, 0) / width);
    const inverses = rows.map((row, i) => {
      const variance = row.reduce((total, value) => total + (value - (means[i] ?? 0)) ** 2, 0) / width;
      return 1 / Math.sqrt(variance + epsilon);
    });
    const z = x.data.map((value, i) => {
      const row = Math.floor(i / width);
      return (value - (means[row] ?? 0)) * (inverses[row] ?? 0);
    });
    return [z, Float64Array.from(means), Float64Array.from(inverses)];
  },
};

/**
 * Layer normalisation: (x − mean) / √(variance + ε) · scale + bias, over x's last dimensions.
 *
 * Source: Ba, Kiros & Hinton, "Layer normalization", arXiv:1607.06450.
 *
 * @param scale of the shape of the dimensions to normalise over, which are x's last ones
 * @param bias of the same shape; none where undefined
 * @param epsilon default 1e-5
 * @throws GraphError `shape-mismatch` where scale or bias do not have the shape of x's last dimensions
 */
export function layerNorm(x: Tensor, scale: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  const inputs = bias ? [x, scale, bias] : [x, scale];
  const axis = Math.max(0, x.shape.length - scale.shape.length);
  const normalised = x.shape.slice(axis);
  if (inputs.slice(1).some(({ shape }) => !sameShape(shape, normalised)) || elementCount(normalised) === 0) {
    throw shapeError(
      "layerNorm",
      inputs,
      "scale and bias must have the shape of x's last dimensions, with at least one element",
      "Give scale and bias the extents of the dimensions to normalise over",
    );
  }
  const scaled = multiply(applySingle(layerNormOperator, [x], { axis, epsilon }), scale);
  return bias ? add(scaled, bias) : scaled;
}

export const normalisationOperators: readonly Operator[] = [
  softmax.operator,
  logSoftmax.operator,
  layerNormOperator,
];
