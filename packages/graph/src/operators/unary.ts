/**
 * Element-wise functions of one tensor. Each row holds the name, the ONNX operator, the function and its
 * derivative.
 */
import type { Operator } from "../tensor/operator.js";
import { divide, multiply, subtract } from "./binary.js";
import { floatTypes, signedTypes } from "./shared/elementTypes.js";
import { unary } from "./shared/elementwise.js";
import { errorFunction, logistic } from "./shared/special.js";

/** −x. */
export const negate = unary({
  name: "negate",
  onnx: "Neg",
  types: signedTypes,
  f: (x) => -x,
  gradient: (dy) => negate(dy),
});

/** |x|. Its derivative at 0 is 0. */
export const abs = unary({
  name: "abs",
  onnx: "Abs",
  types: signedTypes,
  f: Math.abs,
  gradient: (dy, x) => multiply(dy, sign(x)),
});

/** −1, 0 or 1: the sign of x. Its derivative is 0. */
export const sign = unary({
  name: "sign",
  onnx: "Sign",
  types: signedTypes,
  f: Math.sign,
});

/** 1 where x > 0, else 0 (Heaviside's function). Its derivative is 0. */
export const step = unary({
  name: "step",
  // min(1, max(0, αx)) with a slope so steep that only subnormal x fall between: one pass, where Greater and
  // Where take two slower ones.
  onnx: (emitter, inputs) =>
    emitter.node("HardSigmoid", inputs, { attributes: { alpha: { float: 3e38 }, beta: { float: 0 } } }),
  types: floatTypes,
  f: (x) => (x > 0 ? 1 : 0),
});

/** x². */
export const square = unary({
  name: "square",
  onnx: (emitter, [x = ""]) => emitter.node("Mul", [x, x]),
  types: signedTypes,
  f: (x) => x * x,
  gradient: (dy, x) => multiply(multiply(dy, 2), x),
});

/** √x. */
export const sqrt = unary({
  name: "sqrt",
  onnx: "Sqrt",
  types: floatTypes,
  f: Math.sqrt,
  gradient: (dy, _, y) => divide(multiply(dy, 0.5), y),
});

/** eˣ. */
export const exp = unary({
  name: "exp",
  onnx: "Exp",
  types: floatTypes,
  f: Math.exp,
  gradient: (dy, _, y) => multiply(dy, y),
});

/** The natural logarithm. */
export const log = unary({
  name: "log",
  onnx: "Log",
  types: floatTypes,
  f: Math.log,
  gradient: (dy, x) => divide(dy, x),
});

/** The sine of x in radians. */
export const sin = unary({
  name: "sin",
  onnx: "Sin",
  types: floatTypes,
  f: Math.sin,
  gradient: (dy, x) => multiply(dy, cos(x)),
});

/** The cosine of x in radians. */
export const cos = unary({
  name: "cos",
  onnx: "Cos",
  types: floatTypes,
  f: Math.cos,
  gradient: (dy, x) => multiply(negate(dy), sin(x)),
});

/** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf = unary({
  name: "erf",
  onnx: "Erf",
  types: floatTypes,
  f: errorFunction,
  gradient: (dy, x) => multiply(multiply(dy, 2 / Math.sqrt(Math.PI)), exp(negate(square(x)))),
});

/** The hyperbolic tangent. */
export const tanh = unary({
  name: "tanh",
  onnx: "Tanh",
  types: floatTypes,
  f: Math.tanh,
  gradient: (dy, _, y) => multiply(dy, subtract(1, square(y))),
});

/** The logistic function 1 / (1 + e⁻ˣ). */
export const sigmoid = unary({
  name: "sigmoid",
  onnx: "Sigmoid",
  types: floatTypes,
  f: logistic,
  gradient: (dy, _, y) => multiply(dy, multiply(y, subtract(1, y))),
});

/** max(0, x). Its derivative at 0 is 0. */
export const relu = unary({
  name: "relu",
  onnx: "Relu",
  types: floatTypes,
  f: (x) => Math.max(0, x),
  gradient: (dy, _, y) => multiply(dy, step(y)),
});

/** log(1 + eˣ), without overflow. */
export const softplus = unary({
  name: "softplus",
  onnx: "Softplus",
  types: floatTypes,
  f: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (dy, x) => multiply(dy, sigmoid(x)),
});

export const unaryOperators: readonly Operator[] = [
  negate,
  abs,
  sign,
  step,
  square,
  sqrt,
  exp,
  log,
  sin,
  cos,
  erf,
  tanh,
  sigmoid,
  relu,
  softplus,
].map(({ operator }) => operator);
