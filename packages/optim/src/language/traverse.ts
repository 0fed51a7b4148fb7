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
