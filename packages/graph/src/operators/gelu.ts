import type { NoAttributes, Operator } from "../tensor/operator.js";
import { applySingle, type Operand, type Tensor, toTensor } from "../tensor/tensor.js";
import { add, multiply, subtract } from "./binary.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";
import { errorFunction } from "./shared/special.js";
import { exp, square } from "./unary.js";

/** The derivative of the error function, 2/√π e^(−u²), its factor inside the exponential to save a pass. */
const errorFunctionSlope = (u: Tensor): Tensor => exp(subtract(Math.log(2 / Math.sqrt(Math.PI)), square(u)));

/**
 * Gives u (1 + erf u) and 1 + erf u, so that the derivative uses the same error function as the forward pass.
 * With u = x/√2 the first is √2 times the GELU of x: the factors of u and of the result stand outside, where a
 * matrix product before or after takes them on.
 */
export const geluOperator: Operator<NoAttributes> = {
  name: "gelu",
  infer: (inputs) => {
    requireTypes("gelu", inputs, floatTypes);
    return [...inputs, ...inputs];
  },
  gradient: ({ inputs: [u], outputs: [, weight] }, [dy, dweight]) => {
    if (!u || !weight) return [];
    const slope = errorFunctionSlope(u);
    const throughValue = dy && multiply(dy, add(weight, multiply(u, slope)));
    const throughWeight = dweight && multiply(dweight, slope);
    return [
      throughValue && throughWeight ? add(throughValue, throughWeight) : (throughValue ?? throughWeight),
    ];
  },
  toOnnx: (emitter, [u = ""]) => {
    const one = emitter.constant([1], [], "float32");
    const weight = emitter.node("Add", [emitter.node("Erf", [u]), one]);
    return [emitter.node("Mul", [u, weight]), weight];
  },
  evaluate: ([u]) => {
    const data = u?.data ?? new Float64Array();
    const weight = data.map((value) => 1 + errorFunction(value));
    return [data.map((value, i) => value * (weight[i] ?? 0)), weight];
  },
};

/**
 * The Gaussian error linear unit xΦ(x), Φ the standard normal distribution function (the exact form, by erf).
 *
 * Source: Hendrycks & Gimpel, "Gaussian error linear units", arXiv:1606.08415.
 */
export function gelu(x: Operand): Tensor {
  return multiply(applySingle(geluOperator, [multiply(toTensor(x), Math.SQRT1_2)], {}), Math.SQRT1_2);
}
