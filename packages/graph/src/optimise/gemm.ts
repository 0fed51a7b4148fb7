import { broadcastShapes, mapBroadcast } from "../broadcast.js";
import { shapeError } from "../errors.js";
import type { Operator } from "../operator.js";
import { type MatmulAttributes, matmulOperator } from "../operators/matmul.js";
import { sumTo } from "../operators/sumTo.js";
import { sameShape } from "../shape.js";

/**
 * scale · op(a) op(b) + c on matrices, where c broadcasts: ONNX's Gemm, the form that a matrix product followed by a
 * bias is compiled to.
 */
export const gemmOperator: Operator<MatmulAttributes> = {
  name: "gemm",
  infer: ([a, b, c], attributes) => {
    const product = matmulOperator.infer(a && b ? [a, b] : [], attributes);
    const [y] = product;
    if (y && c && !sameShape(broadcastShapes("gemm", [y, c]), y.shape)) {
      throw shapeError(
        "gemm",
        [y, c],
        "the bias must broadcast to the product",
        "Give it one row or one column",
      );
    }
    return product;
  },
  gradient: (operation, outputGradients) => {
    const [a, b, c] = operation.inputs;
    const [dy] = outputGradients;
    if (!a || !b || !c || !dy) return [];
    const product = { ...operation, operator: matmulOperator, inputs: [a, b] };
    return [...matmulOperator.gradient(product, outputGradients), sumTo(dy, c.shape)];
  },
  toOnnx: (emitter, names, { attributes: { transposeA, transposeB, scale } }) => [
    emitter.node("Gemm", names, {
      attributes: {
        transA: { int: Number(transposeA) },
        transB: { int: Number(transposeB) },
        alpha: { float: scale },
      },
    }),
  ],
  evaluate: ([a, b, c], operation) => {
    const [y] = operation.outputs;
    if (!a || !b || !c || !y) return [];
    const [data = new Float64Array()] = matmulOperator.evaluate([a, b], operation);
    return [mapBroadcast([{ ...y, data }, c], y.shape, (product = 0, bias = 0) => product + bias)];
  },
};
