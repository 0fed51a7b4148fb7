import { add, binaryOperators, divide, multiply, power, subtract } from "../operators/binary.js";
import { broadcastToOperator } from "../operators/broadcastTo.js";
import { comparisonOperators } from "../operators/comparison.js";
import { whereOperator } from "../operators/select.js";
import { negate } from "../operators/unary.js";
import { broadcastShapes } from "../tensor/broadcast.js";
import type { Operator } from "../tensor/operator.js";
import { sameShape } from "../tensor/shape.js";
import { apply, constant, type Tensor } from "../tensor/tensor.js";
import { isOperation, isOrdinary, keepsShape, scaledBy, uniformValue } from "./match.js";
import type { RewriteRule } from "./rewrite.js";

/** For each operator, the number that, as its first or second operand, leaves the other one as it is. */
const neutral: readonly (readonly [Operator, { readonly first?: number; readonly second?: number }])[] = [
  [add.operator, { first: 0, second: 0 }],
  [subtract.operator, { second: 0 }],
  [multiply.operator, { first: 1, second: 1 }],
  [divide.operator, { second: 1 }],
  [power.operator, { second: 1 }],
];

/** x + 0, x - 0, 1 x, x / 1, x^1 are x. */
const dropNeutral: RewriteRule = (operation) => {
  const entry = neutral.find(([operator]) => operator === operation.operator)?.[1];
  const [a, b] = operation.inputs;
  if (entry === undefined || a === undefined || b === undefined) return undefined;
  if (entry.second !== undefined && uniformValue(b) === entry.second && keepsShape(operation, a)) return [a];
  if (entry.first !== undefined && uniformValue(a) === entry.first && keepsShape(operation, b)) return [b];
  return undefined;
};

/** -(-x) is x; a + (-b) is a - b; a - (-b) is a + b: the same bits with fewer passes over memory. */
const absorbSigns: RewriteRule = (operation) => {
  const [a, b] = operation.inputs;
  const negated = (x: Tensor | undefined) =>
    x !== undefined && isOperation(x.source, negate.operator) ? x.source.inputs[0] : undefined;
  const minusA = negated(a);
  const minusB = negated(b);
  if (operation.operator === negate.operator && minusA !== undefined) return [minusA];
  if (a === undefined || b === undefined) return undefined;
  if (operation.operator === add.operator && minusB !== undefined) return [subtract(a, minusB)];
  if (operation.operator === add.operator && minusA !== undefined) return [subtract(b, minusA)];
  if (operation.operator === subtract.operator && minusB !== undefined) return [add(a, minusB)];
  return undefined;
};

/** c (d x) is (c d) x. */
const mergeScales: RewriteRule = (operation) => {
  const [y] = operation.outputs;
  const outer = y && scaledBy(y);
  const inner = outer && scaledBy(outer.x);
  const factor = outer && inner && outer.factor * inner.factor;
  return factor && isOrdinary(factor) ? [multiply(inner.x, factor)] : undefined;
};

/** Operators whose operands ONNX broadcasts by itself. */
const broadcasting: ReadonlySet<Operator> = new Set<Operator>([
  ...binaryOperators,
  ...comparisonOperators,
  whereOperator,
]);

/**
 * The operand before it was repeated: of a broadcast its input, of a constant of equal numbers one of them.
 */
function beforeBroadcast(x: Tensor): Tensor {
  if (isOperation(x.source, broadcastToOperator)) return x.source.inputs[0] ?? x;
  const value = uniformValue(x);
  return value === undefined || x.shape.length === 0 ? x : constant(value, [], x.dtype);
}

/**
 * Operands need not be repeated where the operator broadcasts by itself and the other operands give the
 * shape.
 */
const dropBroadcasts: RewriteRule = (operation) => {
  const [y] = operation.outputs;
  if (y === undefined || !broadcasting.has(operation.operator)) return undefined;
  const inputs = [...operation.inputs];
  for (const [i, x] of inputs.entries()) {
    const small = beforeBroadcast(x);
    const candidate = inputs.with(i, small);
    if (small !== x && sameShape(broadcastShapes(operation.operator.name, candidate), y.shape))
      inputs[i] = small;
  }
  return inputs.every((x, i) => x === operation.inputs[i])
    ? undefined
    : apply(operation.operator, inputs, operation.attributes);
};

/** Identities of arithmetic that save a pass over memory. */
export const arithmeticRules: readonly RewriteRule[] = [
  dropNeutral,
  absorbSigns,
  mergeScales,
  dropBroadcasts,
];
