import { shapeError } from "../errors/errors.js";
import { reshape, transpose } from "../operators/layout.js";
import { type MatmulAttributes, matmulOperator } from "../operators/matmul.js";
import { sumTo } from "../operators/sumTo.js";
import { broadcastShapes, mapBroadcast } from "../tensor/broadcast.js";
import type { Operator } from "../tensor/operator.js";
import { sameShape } from "../tensor/shape.js";
import { applySingle, type Operation, type Source, type Tensor } from "../tensor/tensor.js";
import { isOperation, transposeOf } from "./match.js";

/**
 * scale · op(a) op(b) + c on matrices, where c broadcasts: ONNX's Gemm, the form that a matrix product
 * followed by a bias is compiled to.
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

/** Whether a vertex is a matrix product, with a bias or without. */
export const isProduct = (source: Source): source is Operation<MatmulAttributes> =>
  isOperation(source, matmulOperator) || isOperation(source, gemmOperator);

/** What to broadcast to the transpose of a matrix where x was broadcast to the matrix. */
export function transposedOperand(x: Tensor): Tensor {
  if (x.shape.length === 0) return x;
  return x.shape.length === 1 ? reshape(x, [-1, 1]) : (transposeOf(x) ?? transpose(x));
}

/** The transpose of a product: the product of the transposes, in the other order. */
export function transposedProduct({ operator, inputs, attributes }: Operation<MatmulAttributes>): Tensor {
  const { transposeA, transposeB, scale } = attributes;
  const [bias] = inputs.slice(2).map(transposedOperand);
  const operands = inputs.slice(0, 2).toReversed();
  return applySingle(operator, bias ? [...operands, bias] : operands, {
    transposeA: !transposeB,
    transposeB: !transposeA,
    scale,
  });
}
