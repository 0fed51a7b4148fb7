import type { Expression } from "./expression.js";

/** The direct sub-expressions, in reading order. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "constant":
    case "variable":
      return [];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "select":
      return [expression.left, expression.right, expression.whenTrue, expression.whenFalse];
  }
}

/** The expression with each direct sub-expression replaced. */
export function replaceChildren(
  expression: Expression,
  replace: (child: Expression) => Expression,
): Expression {
  switch (expression.kind) {
    case "constant":
    case "variable":
      return expression;
    case "unary":
      return { ...expression, operand: replace(expression.operand) };
    case "binary":
      return { ...expression, left: replace(expression.left), right: replace(expression.right) };
    case "select":
      return {
        ...expression,
        left: replace(expression.left),
        right: replace(expression.right),
        whenTrue: replace(expression.whenTrue),
        whenFalse: replace(expression.whenFalse),
      };
  }
}

type Variable = Extract<Expression, { readonly kind: "variable" }>;

/** The expression with every variable replaced. */
export const substitute = (
  expression: Expression,
  replace: (variable: Variable) => Expression,
): Expression =>
  expression.kind === "variable"
    ? replace(expression)
    : replaceChildren(expression, (child) => substitute(child, replace));

/**
 * A text that is equal for equal formulas only; JSON alone would confuse 0 with -0, and NaN with the
 * infinities.
 */
export const expressionKey = (formula: unknown): string =>
  JSON.stringify(formula, (_, value: unknown) =>
    typeof value === "number" && (Object.is(value, -0) || !Number.isFinite(value))
      ? `${1 / value} ${value}`
      : value,
  );
