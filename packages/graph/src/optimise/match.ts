import type { Attributes, Operator } from "../operator.js";
import { divide, multiply } from "../operators/binary.js";
import { elementCount, sameShape } from "../shape.js";
import type { Operation, Source, Tensor } from "../tensor.js";

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

/** The factor and the tensor of which y is a multiple by a constant: y = factor · x, in x's own shape. */
export function scaledBy(y: Tensor): { readonly factor: number; readonly x: Tensor } | undefined {
  const { source } = y;
  if (source.kind !== "operation" || y.dtype !== "float32") return undefined;
  const [a, b] = source.inputs;
  if (a === undefined || b === undefined) return undefined;
  const [left, right] = [uniformValue(a), uniformValue(b)];
  if (source.operator === multiply.operator && left !== undefined && keepsShape(source, b)) {
    return { factor: left, x: b };
  }
  if (right === undefined || !keepsShape(source, a)) return undefined;
  if (source.operator === multiply.operator) return { factor: right, x: a };
  if (source.operator === divide.operator) return { factor: 1 / right, x: a };
  return undefined;
}

/** Whether an operation on x could stand in x's place: its result has x's own shape, nothing was broadcast. */
export function keepsShape(operation: Operation, x: Tensor): boolean {
  const [y] = operation.outputs;
  return y !== undefined && sameShape(x.shape, y.shape);
}
