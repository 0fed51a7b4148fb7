/*
 * The expression language of update rules: immutable trees over per-element and per-step values.
 * A sub-tree that mentions no element variable is a scalar; back ends evaluate scalars once a step in
 * float64.
 */

/** Operators of one operand, by their names in mathematics. */
export type UnaryOperator =
  | "negate"
  | "absolute"
  | "square"
  | "squareRoot"
  | "sign"
  | "floor"
  | "exponential"
  | "logarithm";
/** Operators of two operands. */
export type BinaryOperator = "add" | "subtract" | "multiply" | "divide" | "minimum" | "maximum" | "power";
/** How `select` compares. */
export type Comparison = "equal" | "greater" | "greaterEqual";

/** A formula as an immutable tree. */
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

/** What a formula may be built from: a formula or a number. */
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

/** −a. */
export const neg = unary("negate");
/** |a|. */
export const abs = unary("absolute");
/** a². */
export const square = unary("square");
/** √a. */
export const sqrt = unary("squareRoot");
/** 1, −1, or a itself where it is 0 or NaN. */
export const sign = unary("sign");
/** The largest integer ≤ a. */
export const floor = unary("floor");
/** eᵃ. */
export const exp = unary("exponential");
/** The natural logarithm. */
export const log = unary("logarithm");

/** a + b. */
export const add = binary("add");
/** a − b. */
export const sub = binary("subtract");
/** a·b. */
export const mul = binary("multiply");
/** a / b. */
export const div = binary("divide");
/** The smaller of a and b; NaN where either is. */
export const min = binary("minimum");
/** The larger of a and b; NaN where either is. */
export const max = binary("maximum");
/**
 * aᵇ. Of an element, the fused kernels are fastest for constant multiples of one half up to 8, and need an
 * exponent that is a scalar.
 */
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

/** a mod b = a − b⌊a/b⌋, for counters. */
export const mod = (a: Operand, b: Operand): Expression => sub(a, mul(b, floor(div(a, b))));
