import { div, type Expression, mul, pow, sqrt, sub } from "../../language/expression.js";

/**
 * RAdam's length ρ of the average that v is, its limit, and the factor by which a step is corrected where ρ >
 * 4; c₂ = 1 − β₂ᵏ.
 */
export function rectification({
  k,
  beta2,
}: Readonly<Record<"k" | "beta2", Expression>>): Readonly<
  Record<"c2" | "rhoMax" | "rho" | "factor", Expression>
> {
  const c2 = sub(1, pow(beta2, k));
  const rhoMax = sub(div(2, sub(1, beta2)), 1);
  const rho = sub(rhoMax, div(mul(2, mul(k, pow(beta2, k))), c2));
  const growth = (length: Expression) => mul(sub(length, 4), sub(length, 2));
  return { c2, rhoMax, rho, factor: sqrt(div(mul(growth(rho), rhoMax), mul(growth(rhoMax), rho))) };
}
