import type { NoAttributes, Operator } from "../tensor/operator.js";
import { applySingle, type Operand, type Tensor, toTensor } from "../tensor/tensor.js";
import { add, multiply } from "./binary.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";
import { errorFunction } from "./shared/special.js";
import { exp, negate, square } from "./unary.js";

/** Density of the standard normal distribution, exp(−x²/2) / √(2π). */
const normalDensity = (x: Tensor): Tensor =>
  multiply(exp(negate(square(multiply(x, Math.SQRT1_2)))), 1 / Math.sqrt(2 * Math.PI));

/** Gives xΦ(x) and Φ(x), so that the derivative uses the same error function as the forward pass. */
export const geluOperator: Operator<NoAttributes> = {
  name: "gelu",
  infer: (inputs) => {
    requireTypes("gelu", inputs, floatTypes);
    return [...inputs, ...inputs];
  },
  gradient: ({ inputs: [x], outputs: [, cdf] }, [dy, dcdf]) => {
    if (!x || !cdf) return [];
    const density = normalDensity(x);
    const throughValue = dy && multiply(dy, add(cdf, multiply(x, density)));
    const throughCdf = dcdf && multiply(dcdf, density);
    return [throughValue && throughCdf ? add(throughValue, throughCdf) : (throughValue ?? throughCdf)];
  },
  toOnnx: (emitter, [x = ""]) => {
    const constant = (value: number) => emitter.constant([value], [], "float32");
    const half = constant(0.5);
    const scaled = emitter.node("Mul", [x, constant(Math.SQRT1_2)]);
    const cdf = emitter.node("Add", [emitter.node("Mul", [emitter.node("Erf", [scaled]), half]), half]);
    return [emitter.node("Mul", [x, cdf]), cdf];
  },
  evaluate: ([x]) => {
    const data = x?.data ?? new Float64Array();
    const cdf = data.map((value) => 0.5 + 0.5 * errorFunction(value * Math.SQRT1_2));
    return [data.map((value, i) => value * (cdf[i] ?? 0)), cdf];
  },
};

/**
 * The Gaussian error linear unit xΦ(x), Φ the standard normal distribution function (the exact form, by erf).
 *
 * Source: Hendrycks & Gimpel, "Gaussian error linear units", arXiv:1606.08415.
 */
export function gelu(x: Operand): Tensor {
  return applySingle(geluOperator, [toTensor(x)], {});
}
