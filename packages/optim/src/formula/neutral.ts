import { type Expression, toExpression } from "../language/expression.js";
import type { HyperSpec, Phase, RuleBody } from "../language/rule.js";
import { expressionKey, replaceChildren } from "../language/traverse.js";

const constant = (expression: Expression): number | undefined =>
  expression.kind === "constant" ? expression.value : undefined;

/** An expression of tidy parts without terms that are 0 and factors that are 1, as one writes it down; not for computing, where 0·∞ is NaN. */
function tidy(expression: Expression): Expression {
  if (
    expression.kind === "select" &&
    expressionKey(expression.whenTrue) === expressionKey(expression.whenFalse)
  )
    return expression.whenTrue;
  if (expression.kind !== "binary") return expression;
  const [left, right] = [constant(expression.left), constant(expression.right)];
  switch (expression.operator) {
    case "add":
      if (left === 0) return expression.right;
      return right === 0 ? expression.left : expression;
    case "subtract":
      if (left !== undefined && right !== undefined) return toExpression(left - right);
      return right === 0 ? expression.left : expression;
    case "multiply":
      if (left === 0 || right === 0) return toExpression(0);
      if (left === 1) return expression.right;
      return right === 1 ? expression.left : expression;
    case "divide":
      if (left === 0) return expression.left;
      return right === 1 ? expression.left : expression;
    default:
      return expression;
  }
}

/**
 * A body as the lecture would write it: hyper-parameters whose default is 0 or 1 (no decay, no dampening, no factor) are left out with their terms,
 * and scalars that become a plain number or symbol are written in place.
 */
export function withoutNeutralTerms(hyper: Readonly<Record<string, HyperSpec>>, body: RuleBody): RuleBody {
  const known = new Map<string, Expression>();
  for (const [name, spec] of Object.entries(hyper))
    if (spec.default === 0 || spec.default === 1) known.set(name, toExpression(spec.default));
  const write = (expression: Expression): Expression =>
    expression.kind === "variable"
      ? (known.get(expression.name) ?? expression)
      : tidy(replaceChildren(expression, write));
  const writeAll = (expressions: Readonly<Record<string, Expression>>) =>
    Object.fromEntries(Object.entries(expressions).map(([name, expression]) => [name, write(expression)]));
  const phases = body.phases.map((phase): Phase => {
    const scalars: Record<string, Expression> = {};
    for (const [name, expression] of Object.entries(phase.scalars)) {
      const written = write(expression);
      if (written.kind === "constant" || written.kind === "variable") known.set(name, written);
      else scalars[name] = written;
    }
    const reduce = Object.fromEntries(
      Object.entries(phase.reduce).map(([name, { over, sum }]) => [name, { over, sum: write(sum) }]),
    );
    return { scalars, reduce, assign: writeAll(phase.assign), carry: writeAll(phase.carry) };
  });
  return { ...body, phases };
}
