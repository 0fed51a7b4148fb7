/** Comparisons and the logic of their results: tensors of booleans, without derivatives. */
import type { Operator } from "../tensor/operator.js";
import { allTypes, booleanTypes, numericTypes } from "./shared/elementTypes.js";
import { binary, unary } from "./shared/elementwise.js";

/** a = b, element by element, broadcast. */
export const equal = binary({
  name: "equal",
  onnx: "Equal",
  types: allTypes,
  result: "bool",
  f: (a, b) => Number(a === b),
});

/** a < b, element by element, broadcast. */
export const less = binary({
  name: "less",
  onnx: "Less",
  types: numericTypes,
  result: "bool",
  f: (a, b) => Number(a < b),
});

/** a ≤ b, element by element, broadcast. */
export const lessEqual = binary({
  name: "lessEqual",
  onnx: "LessOrEqual",
  types: numericTypes,
  result: "bool",
  f: (a, b) => Number(a <= b),
});

/** a > b, element by element, broadcast. */
export const greater = binary({
  name: "greater",
  onnx: "Greater",
  types: numericTypes,
  result: "bool",
  f: (a, b) => Number(a > b),
});

/** a ≥ b, element by element, broadcast. */
export const greaterEqual = binary({
  name: "greaterEqual",
  onnx: "GreaterOrEqual",
  types: numericTypes,
  result: "bool",
  f: (a, b) => Number(a >= b),
});

/** Whether both are true, element by element, broadcast. */
export const logicalAnd = binary({
  name: "logicalAnd",
  onnx: "And",
  types: booleanTypes,
  f: (a, b) => a * b,
});

/** Whether at least one is true, element by element, broadcast. */
export const logicalOr = binary({
  name: "logicalOr",
  onnx: "Or",
  types: booleanTypes,
  f: Math.max,
});

/** Whether x is false. */
export const logicalNot = unary({
  name: "logicalNot",
  onnx: "Not",
  types: booleanTypes,
  f: (x) => 1 - x,
});

export const comparisonOperators: readonly Operator[] = [
  equal,
  less,
  lessEqual,
  greater,
  greaterEqual,
  logicalAnd,
  logicalOr,
  logicalNot,
].map(({ operator }) => operator);
