import { GraphError } from "../errors/errors.js";
import type { Operator } from "../tensor/operator.js";
import { elementCount } from "../tensor/shape.js";
import { applySingle, type Tensor } from "../tensor/tensor.js";
import { add, multiply, subtract } from "./binary.js";
import { mean } from "./reductions.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";

type RmsNormAttributes = { readonly epsilon: number };

/** Gives x/√(mean(x²) + ε), and the reciprocal root, which its derivative uses. */
export const rmsNormOperator: Operator<RmsNormAttributes> = {
  name: "rmsNorm",
  infer: (inputs) => {
    requireTypes("rmsNorm", inputs, floatTypes);
    return inputs.flatMap(({ shape, dtype }) => {
      if ((shape.at(-1) ?? 0) > 0)
        return [
          { shape, dtype },
          { shape: shape.with(-1, 1), dtype },
        ];
      throw new GraphError(
        "shape-mismatch",
        `rmsNorm: the last of the dimensions [${shape.join(", ")}] must have at least one element`,
        "Reshape to [rows, width]",
      );
    });
  },
  gradient: ({ outputs: [y, inverse] }, [dy, dinverse]) => {
    if (!y || !inverse) return [];
    const width = y.shape.at(-1) ?? 1;
    const throughY =
      dy &&
      multiply(subtract(dy, multiply(y, mean(multiply(dy, y), { axes: [-1], keepDims: true }))), inverse);
    // d inverse/dx = −x·inverse³/width = −y·inverse²/width.
    const throughInverse =
      dinverse && multiply(y, multiply(multiply(dinverse, multiply(inverse, inverse)), -1 / width));
    return [throughY && throughInverse ? add(throughY, throughInverse) : (throughY ?? throughInverse)];
  },
  toOnnx: (emitter, [x = ""], { inputs, attributes: { epsilon } }) => {
    const last = emitter.constant([(inputs[0]?.shape.length ?? 1) - 1], [1], "int64");
    const square = emitter.node("ReduceMean", [emitter.node("Mul", [x, x]), last]);
    const shifted = emitter.node("Add", [square, emitter.constant([epsilon], [], "float32")]);
    const inverse = emitter.node("Reciprocal", [emitter.node("Sqrt", [shifted])]);
    return [emitter.node("Mul", [x, inverse]), inverse];
  },
  evaluate: ([x], { attributes: { epsilon } }) => {
    if (!x) return [];
    const width = x.shape.at(-1) ?? 1;
    const inverse = Float64Array.from({ length: elementCount(x.shape) / width }, (_, row) => {
      const values = x.data.subarray(row * width, (row + 1) * width);
      return 1 / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / width + epsilon);
    });
    return [x.data.map((value, i) => value * (inverse[Math.floor(i / width)] ?? 0)), inverse];
  },
};

/**
 * Root mean square normalisation over the last axis: x / √(mean(x²) + ε) · scale.
 *
 * Source: Zhang & Sennrich, "Root mean square layer normalization", arXiv:1910.07467.
 *
 * @param scale of a shape that broadcasts to x's; none where undefined
 * @param epsilon default 1e-5
 * @throws GraphError `shape-mismatch` for a scalar, or where the last axis has no elements
 */
export function rmsNorm(x: Tensor, scale?: Tensor, epsilon = 1e-5): Tensor {
  const normalised = applySingle(rmsNormOperator, [x], { epsilon });
  return scale === undefined ? normalised : multiply(normalised, scale);
}
