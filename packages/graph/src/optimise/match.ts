import { binaryOperators, divide, multiply } from "../operators/binary.js";
import { comparisonOperators } from "../operators/comparison.js";
import { geluOperator } from "../operators/gelu.js";
import { transposeOperator } from "../operators/layout.js";
import { selectOperators } from "../operators/select.js";
import { unaryOperators } from "../operators/unary.js";
import type { Attributes, Operator } from "../tensor/operator.js";
import { elementCount, sameShape } from "../tensor/shape.js";
import type { Operation, Source, Tensor } from "../tensor/tensor.js";

/** Operators whose result at an element depends on the operands at that element alone. */
export const elementwise: ReadonlySet<Operator> = new Set<Operator>([
  ...unaryOperators,
  ...binaryOperators,
  ...comparisonOperators,
  ...selectOperators,
  geluOperator,
]);

/** Whether a vertex is an application of this very operator, which fixes the type of its attributes. */
export function isOperation<A extends Attributes>(
  source: Source,
  operator: Operator<A>,
): source is Operation<A> & Source {
  return source.kind === "operation" && source.operator === operator;
}

/** The number that all elements of a constant share; undefined for all other tensors. */
export function uniformValue({ source, shape }: Tensor): number | undefined {
  if (source.kind !== "constant" || elementCount(shape) === 0) return undefined;
  const [first] = source.data;
  return source.data.every((value) => Object.is(value, first)) ? first : undefined;
}

/**
 * Whether a product by a factor may be reordered: float32 holds it to full precision, and it is not 0, by
 * which BLAS would drop infinities and NaN.
 */
export function isOrdinary(factor: number): boolean {
  return Math.abs(factor) >= 2 ** -126 && Number.isFinite(Math.fround(factor));
}

/**
 * The ordinary factor and the tensor of which y is a multiple by a constant: y = factor · x, in x's own
 * shape.
 */
export function scaledBy(y: Tensor): { readonly factor: number; readonly x: Tensor } | undefined {
  const { source } = y;
  if (source.kind !== "operation" || y.dtype !== "float32") return undefined;
  const multiple = (x: Tensor | undefined, factor: number | undefined) =>
    x !== undefined && factor !== undefined && isOrdinary(factor) && keepsShape(source, x)
      ? { factor, x }
      : undefined;
  const [a, b] = source.inputs;
  const [left, right] = [a && uniformValue(a), b && uniformValue(b)];
  if (source.operator === multiply.operator) return multiple(a, right) ?? multiple(b, left);
  return source.operator === divide.operator ? multiple(a, right && 1 / right) : undefined;
}

/**
 * Whether an operation on x could stand in x's place: its result has x's own shape, nothing was broadcast.
 */
export function keepsShape(operation: Operation, x: Tensor): boolean {
  const [y] = operation.outputs;
  return y !== undefined && sameShape(x.shape, y.shape);
}

/** What x is the transpose of, in its last two dimensions alone. */
export function transposeOf({ source, shape }: Tensor): Tensor | undefined {
  if (!isOperation(source, transposeOperator)) return undefined;
  const rank = shape.length;
  const swapsLast = source.attributes.permutation.every(
    (axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i),
  );
  return swapsLast ? source.inputs[0] : undefined;
}
