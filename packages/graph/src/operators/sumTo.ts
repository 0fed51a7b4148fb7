import { shapeError } from "../errors/errors.js";
import { broadcastOffsets, broadcastShapes } from "../tensor/broadcast.js";
import type { Operator } from "../tensor/operator.js";
import { elementCount, type Shape, sameShape } from "../tensor/shape.js";
import { applySingle, type Tensor } from "../tensor/tensor.js";
import { broadcastTo } from "./broadcastTo.js";

type SumToAttributes = { readonly shape: Shape };

/** The axes of `from` along which a tensor of shape `to` was repeated. */
export function repeatedAxes(from: Shape, to: Shape): number[] {
  const missing = from.length - to.length;
  return from.flatMap((extent, axis) =>
    axis < missing || (to[axis - missing] === 1 && extent !== 1) ? [axis] : [],
  );
}

/** Sums a tensor over the dimensions along which one of shape `shape` would be repeated. */
export const sumToOperator: Operator<SumToAttributes> = {
  name: "sumTo",
  infer: (inputs, { shape }) =>
    inputs.map((x) => {
      if (!sameShape(broadcastShapes("sumTo", [x, { shape }]), x.shape)) {
        throw shapeError(
          "sumTo",
          [x, { shape }],
          "the second shape must broadcast to the first",
          "Give a shape whose extents are 1 or equal to the tensor's",
        );
      }
      return { shape, dtype: x.dtype };
    }),
  gradient: ({ inputs }, [dy]) => inputs.map((x) => dy && broadcastTo(dy, x.shape)),
  toOnnx: (emitter, [x = ""], { inputs: [type], attributes: { shape } }) => {
    const from = type?.shape ?? [];
    const axes = repeatedAxes(from, shape);
    // Without keepdims every summed axis goes; those of extent 1 that the result keeps need a reshape.
    const summed = emitter.node("ReduceSum", [x, emitter.constant(axes, [axes.length], "int64")], {
      attributes: { keepdims: { int: 0 } },
    });
    return from.length - axes.length === shape.length
      ? [summed]
      : [emitter.node("Reshape", [summed, emitter.constant(shape, [shape.length], "int64")])];
  },
  evaluate: (inputs, { attributes: { shape } }) =>
    inputs.map((x) => {
      const sums = new Float64Array(elementCount(shape));
      broadcastOffsets(shape, x.shape).forEach((offset, i) => {
        sums[offset] = (sums[offset] ?? 0) + (x.data[i] ?? Number.NaN);
      });
      return sums;
    }),
};

/**
 * x summed over the dimensions along which a tensor of shape `shape` broadcasts to x: what the derivative of
 * every broadcasting operator needs.
 *
 * @throws GraphError `shape-mismatch` where `shape` does not broadcast to x
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : applySingle(sumToOperator, [x], { shape });
}
