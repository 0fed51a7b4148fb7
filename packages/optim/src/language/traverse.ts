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

type Variable = Extract<Expression, { readonly kind: "variable" }>;

/** The expression with every variable replaced. */
export function substitute(expression: Expression, replace: (variable: Variable) => Expression): Expression {
  const inside = (operand: Expression) => substitute(operand, replace);
  switch (expression.kind) {
    case "constant":
      return expression;
    case "variable":
      return replace(expression);
    case "unary":
      return { ...expression, operand: inside(expression.operand) };
    case "binary":
      return { ...expression, left: inside(expression.left), right: inside(expression.right) };
    case "select":
      return {
        ...expression,
        left: inside(expression.left),
        right: inside(expression.right),
        whenTrue: inside(expression.whenTrue),
        whenFalse: inside(expression.whenFalse),
      };
  }
}
