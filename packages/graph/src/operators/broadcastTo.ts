import { shapeError } from "../errors/errors.js";
import { broadcastOffsets, broadcastShapes } from "../tensor/broadcast.js";
import type { Operator } from "../tensor/operator.js";
import { type Shape, sameShape } from "../tensor/shape.js";
import { applySingle, constant, type Tensor } from "../tensor/tensor.js";
import { sumTo } from "./sumTo.js";

type BroadcastToAttributes = { readonly shape: Shape };

/**
 * Repeats a tensor along dimensions of extent 1 and new leading ones, to reach `shape`. The transpose of
 * {@link sumTo}.
 */
export const broadcastToOperator: Operator<BroadcastToAttributes> = {
  name: "broadcastTo",
  infer: (inputs, { shape }) =>
    inputs.map((x) => {
      if (!sameShape(broadcastShapes("broadcastTo", [x, { shape }]), shape)) {
        throw shapeError(
          "broadcastTo",
          [x, { shape }],
          "the first shape must broadcast to the second",
          "Only extents of 1 can grow",
        );
      }
      return { shape, dtype: x.dtype };
    }),
  gradient: ({ inputs }, [dy]) => inputs.map((x) => dy && sumTo(dy, x.shape)),
  toOnnx: (emitter, [x = ""], { attributes: { shape } }) => [
    emitter.node("Expand", [x, emitter.constant(shape, [shape.length], "int64")]),
  ],
  evaluate: (inputs, { attributes: { shape } }) =>
    inputs.map((x) =>
      Float64Array.from(broadcastOffsets(x.shape, shape), (offset) => x.data[offset] ?? Number.NaN),
    ),
};

/**
 * x repeated along dimensions of extent 1 and new leading ones, to reach `shape`.
 *
 * @throws GraphError `shape-mismatch` where x does not broadcast to `shape`
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : applySingle(broadcastToOperator, [x], { shape });
}

/** Zeros that take no room in the model. */
export const zeros = (shape: Shape): Tensor => broadcastTo(constant(0), shape);
