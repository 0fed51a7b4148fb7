import { add, div, type Expression, mul, type Operand, select, sqrt } from "../../language/expression.js";

/**
 * coefficient · ‖x‖ / (length + ε) of a parameter, where `weights` is Σx² and `length` the norm of its
 * update; 1 where either norm is zero, so that a parameter that begins at zero moves at all.
 */
export const trustRatio = (
  weights: Expression,
  length: Expression,
  coefficient: Operand = 1,
  eps: Operand = 0,
): Expression => {
  const ratio = div(mul(coefficient, sqrt(weights)), add(length, eps));
  return select(weights, "equal", 0, 1, select(length, "equal", 0, 1, ratio));
};
