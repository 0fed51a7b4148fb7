import { div, type Expression, mul, toExpression } from "../../language/expression.js";
import type { Phase } from "../../language/rule.js";
import { children, replaceChildren } from "../../language/traverse.js";

/*
 * Scalars that multiply the same element one after the other are gathered into one, which is computed once a
 * step in float64: α·(m/c₁)/(√v + ε) is (α/c₁)·(m/(√v + ε)), and α·(a·y + b·z) is (αa)·y + (αb)·z. Products
 * of elements keep their order, so that none overflows or vanishes that did not, and what is used several
 * times stays as it is.
 */

/** Whether an expression has a value of its own for each element. */
export const usesElements = (expression: Expression): boolean =>
  expression.kind === "variable" ? expression.scope === "element" : children(expression).some(usesElements);

export const isConstant = (expression: Expression, value: number): boolean =>
  expression.kind === "constant" && Object.is(expression.value, value);

/** A scalar times an expression of elements; no factor is 1. */
interface Factored {
  readonly factor?: Expression;
  readonly rest: Expression;
}

/** The phase with the scalar factors of its formulas gathered. */
export function gatherFactors(phase: Phase): Phase {
  const unique = uniqueExpressions();
  const assign = mapped(phase.assign, unique);
  const reduce = mapped(phase.reduce, ({ over, sum }) => ({ over, sum: unique(sum) }));
  const uses = countUses([...Object.values(assign), ...Object.values(reduce).map(({ sum }) => sum)]);
  const gathered = new Map<Expression, Expression>();

  const gather = (expression: Expression): Expression => {
    const existing = gathered.get(expression);
    if (existing !== undefined) return existing;
    const result = usesElements(expression) ? multiplied(split(expression)) : expression;
    gathered.set(expression, result);
    return result;
  };
  /** The factor of what is used once. */
  const factored = (expression: Expression): Factored =>
    (uses.get(expression) ?? 0) > 1 ? { rest: gather(expression) } : split(expression);

  const split = (expression: Expression): Factored => {
    if (expression.kind === "select" && isConstant(expression.whenFalse, 0)) {
      const { left, right, whenTrue } = expression;
      const { factor, rest } = factored(whenTrue);
      if (factor !== undefined && usesElements(rest))
        return { factor, rest: { ...expression, left: gather(left), right: gather(right), whenTrue: rest } };
    }
    if (expression.kind !== "binary") return { rest: replaceChildren(expression, gather) };
    const { operator, left, right } = expression;
    if (operator === "multiply" && !usesElements(left)) return scaled(left, right);
    if (operator === "multiply" && !usesElements(right)) return scaled(right, left);
    if (operator === "multiply") return productOf(left, right);
    if (operator === "divide" && !usesElements(right)) return scaled(div(1, right), left);
    if (operator === "divide") return quotientOf(left, right);
    return { rest: replaceChildren(expression, gather) };
  };

  /** A scalar times an expression of elements. */
  const scaled = (factor: Expression, expression: Expression): Factored => {
    const sum = (uses.get(expression) ?? 0) > 1 ? undefined : scaledSum(factor, expression);
    if (sum !== undefined) return { rest: sum };
    const { factor: own, rest } = factored(expression);
    return { factor: own === undefined ? factor : mul(factor, own), rest };
  };
  /** A scalar times a sum, where it costs nothing: each addend has a factor already. */
  const scaledSum = (factor: Expression, expression: Expression): Expression | undefined => {
    if (expression.kind !== "binary") return undefined;
    const { operator } = expression;
    if (operator !== "add" && operator !== "subtract") return undefined;
    if (!usesElements(expression.left) || !usesElements(expression.right)) return undefined;
    const [left, right] = [factored(expression.left), factored(expression.right)];
    if (left.factor === undefined || right.factor === undefined) return undefined;
    return {
      ...expression,
      left: multiplied({ factor: mul(factor, left.factor), rest: left.rest }),
      right: multiplied({ factor: mul(factor, right.factor), rest: right.rest }),
    };
  };
  /** y·(a/z) is a·(y/z). */
  const productOf = (left: Expression, right: Expression): Factored => {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (other.kind !== "binary" || other.operator !== "divide") continue;
      if (usesElements(other.left) || (uses.get(other) ?? 0) > 1) continue;
      const { factor, rest } = factored(one);
      return {
        factor: factor === undefined ? other.left : mul(factor, other.left),
        rest: div(rest, gather(other.right)),
      };
    }
    return { rest: mul(gather(left), gather(right)) };
  };
  const quotientOf = (left: Expression, right: Expression): Factored => {
    const below = factored(right);
    if (!usesElements(left) && below.factor === undefined) return { rest: div(left, below.rest) };
    const above = usesElements(left) ? factored(left) : { factor: left, rest: toExpression(1) };
    const rest = div(above.rest, below.rest);
    if (below.factor === undefined) return { ...above, rest };
    return { factor: div(above.factor ?? 1, below.factor), rest };
  };

  return {
    ...phase,
    assign: mapped(assign, gather),
    // The last operation of a term is done in float64: its factors stay where they are.
    reduce: mapped(reduce, ({ over, sum }) => ({ over, sum: replaceChildren(sum, gather) })),
  };
}

/** A choice against 0 is scaled where it holds alone: an infinite factor leaves the 0 a 0. */
const multiplied = ({ factor, rest }: Factored): Expression => {
  if (factor === undefined) return rest;
  return rest.kind === "select" && isConstant(rest.whenFalse, 0)
    ? { ...rest, whenTrue: mul(factor, rest.whenTrue) }
    : mul(factor, rest);
};

/** The record with each entry changed. */
export const mapped = <From, To>(
  record: Readonly<Record<string, From>>,
  change: (one: From) => To,
): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(record).map(([name, one]) => [name, change(one)]));

/** Makes equal expressions one object. */
function uniqueExpressions(): (expression: Expression) => Expression {
  const seen = new Map<Expression, Expression>();
  const byContent = new Map<string, Expression>();
  const places = new Map<Expression, number>();
  const unique = (expression: Expression): Expression => {
    const existing = seen.get(expression);
    if (existing !== undefined) return existing;
    const parts = children(expression).map(unique);
    const content = `${contentOf(expression)} ${parts.map((part) => places.get(part)).join(" ")}`;
    let part = 0;
    const first = byContent.get(content) ?? replaceChildren(expression, (child) => parts[part++] ?? child);
    byContent.set(content, first);
    if (!places.has(first)) places.set(first, places.size);
    seen.set(expression, first);
    seen.set(first, first);
    return first;
  };
  return unique;
}

function contentOf(expression: Expression): string {
  switch (expression.kind) {
    case "constant":
      return Object.is(expression.value, -0) ? "-0" : String(expression.value);
    case "variable":
      return `${expression.scope} ${expression.name}`;
    case "unary":
    case "binary":
      return expression.operator;
    case "select":
      return `select ${expression.comparison}`;
  }
}

/** How often each expression stands in others or by itself. */
function countUses(expressions: readonly Expression[]): ReadonlyMap<Expression, number> {
  const uses = new Map<Expression, number>();
  const visit = (expression: Expression): void => {
    const before = uses.get(expression) ?? 0;
    uses.set(expression, before + 1);
    if (before === 0) children(expression).forEach(visit);
  };
  expressions.forEach(visit);
  return uses;
}
