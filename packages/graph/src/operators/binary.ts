/**
 * Element-wise functions of two tensors, broadcast. Each row holds the name, the ONNX operator, the function
 * and its derivative.
 */
import type { Operator } from "../tensor/operator.js";
import type { Operand, Tensor } from "../tensor/tensor.js";

import { greater, greaterEqual } from "./comparison.js";
import { cast, where } from "./select.js";
import { floatTypes, numericTypes } from "./shared/elementTypes.js";
import { binary, type OperatorFunction } from "./shared/elementwise.js";
import { log, negate, sqrt, square } from "./unary.js";

/**
 * a + b.
 *
 * @throws GraphError `shape-mismatch` where the shapes do not broadcast, `dtype-mismatch` where element types
 *   differ; so do all functions of two tensors
 */
export const add = binary({
  name: "add",
  onnx: "Add",
  types: numericTypes,
  f: (a, b) => a + b,
  gradient: (dy) => [dy, dy],
});

/** a − b. */
export const subtract = binary({
  name: "subtract",
  onnx: "Sub",
  types: numericTypes,
  f: (a, b) => a - b,
  gradient: (dy) => [dy, negate(dy)],
});

/** a · b, element by element; see `matmul` for the matrix product. */
export const multiply = binary({
  name: "multiply",
  onnx: "Mul",
  types: numericTypes,
  f: (a, b) => a * b,
  gradient: (dy, a, b) => [multiply(dy, b), multiply(dy, a)],
});

/** a / b. Integers are divided towards zero. */
export const divide = binary({
  name: "divide",
  onnx: "Div",
  types: numericTypes,
  f: (a, b) => a / b,
  gradient: (dy, _, b, y) => {
    const da = divide(dy, b);
    return [da, negate(multiply(da, y))];
  },
});

/**
 * dL/dy given to the first of two tensors where it is the larger one, and the rest of it; a tie is shared
 * evenly.
 */
function shareByLarger(dy: Tensor, first: Tensor, second: Tensor): readonly [Tensor, Tensor] {
  const wins = cast(greater(first, second), dy.dtype);
  const winsOrTies = cast(greaterEqual(first, second), dy.dtype);
  const share = multiply(dy, multiply(add(wins, winsOrTies), 0.5));
  return [share, subtract(dy, share)];
}

/** The larger of a and b. Where they are equal, each gets half of the derivative. */
export const maximum = binary({
  name: "maximum",
  onnx: "Max",
  types: numericTypes,
  f: Math.max,
  gradient: (dy, a, b) => shareByLarger(dy, a, b),
});

/** The smaller of a and b. Where they are equal, each gets half of the derivative. */
export const minimum = binary({
  name: "minimum",
  onnx: "Min",
  types: numericTypes,
  f: Math.min,
  gradient: (dy, a, b) => shareByLarger(dy, b, a),
});

const generalPower = binary({
  name: "power",
  onnx: "Pow",
  types: floatTypes,
  f: (a, b) => a ** b,
  gradient: (dy, a, b, y) => [
    multiply(dy, multiply(b, power(a, subtract(b, 1)))),
    // The derivative by the exponent exists for a > 0 only; its limit at a = 0 is 0.
    multiply(dy, multiply(y, where(greater(a, 0), log(a), 0))),
  ],
});

/**
 * aᵇ, element by element. The constant exponents 2, 1 and ½ use cheaper operators.
 * The derivative by b is taken as 0 where a ≤ 0.
 */
export const power: OperatorFunction<[a: Operand, b: Operand]> = Object.assign(
  (a: Operand, b: Operand): Tensor => {
    if (typeof a !== "number" && b === 1) return a;
    if (b === 2) return square(a);
    return b === 0.5 ? sqrt(a) : generalPower(a, b);
  },
  { operator: generalPower.operator },
);

export const binaryOperators: readonly Operator[] = [
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  power,
].map(({ operator }) => operator);
