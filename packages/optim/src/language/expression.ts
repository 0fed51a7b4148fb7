/**
 * The expression language of update rules: immutable trees over per-element and per-step values.
 * A sub-tree that mentions no element variable is a scalar; back ends evaluate scalars once a step in float64.
 */

export type UnaryOperator =
  | "negate"
  | "absolute"
  | "square"
  | "squareRoot"
  | "sign"
  | "exponential"
  | "logarithm";
export type BinaryOperator = "add" | "subtract" | "multiply" | "divide" | "minimum" | "maximum" | "power";
export type Comparison = "equal" | "greater" | "greaterEqual";

export type Expression =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "variable"; readonly scope: Scope; readonly name: string }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "select";
      readonly comparison: Comparison;
      readonly left: Expression;
      readonly right: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    };

/** `element`: one value a parameter element (x, g, state slots). `scalar`: one value a step. */
export type Scope = "element" | "scalar";

export type Operand = Expression | number;

/** A number as the constant it stands for. */
export const toExpression = (operand: Operand): Expression =>
  typeof operand === "number" ? { kind: "constant", value: operand } : operand;

const unary =
  (operator: UnaryOperator) =>
  (operand: Operand): Expression => ({ kind: "unary", operator, operand: toExpression(operand) });

const binary =
  (operator: BinaryOperator) =>
  (left: Operand, right: Operand): Expression => ({
    kind: "binary",
    operator,
    left: toExpression(left),
    right: toExpression(right),
  });

/** A variable by name; `defineRule` hands them to formulas ready-made. */
export const variable = (scope: Scope, name: string): Expression => ({ kind: "variable", scope, name });

export const neg = unary("negate");
export const abs = unary("absolute");
export const square = unary("square");
export const sqrt = unary("squareRoot");
export const sign = unary("sign");
export const exp = unary("exponential");
export const log = unary("logarithm");

export const add = binary("add");
export const sub = binary("subtract");
export const mul = binary("multiply");
export const div = binary("divide");
export const min = binary("minimum");
export const max = binary("maximum");
export const pow = binary("power");

/** `left ⋈ right ? whenTrue : whenFalse`, element by element. A comparison with NaN is false. */
export const select = (
  left: Operand,
  comparison: Comparison,
  right: Operand,
  whenTrue: Operand,
  whenFalse: Operand,
): Expression => ({
  kind: "select",
  comparison,
  left: toExpression(left),
  right: toExpression(right),
  whenTrue: toExpression(whenTrue),
  whenFalse: toExpression(whenFalse),
});

/** Exponential moving average βa + (1−β)b. */
export const ema = (average: Operand, next: Operand, beta: Operand): Expression =>
  add(mul(beta, average), mul(sub(1, beta), next));
