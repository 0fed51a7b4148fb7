import { type Expression, toExpression } from "../language/expression.js";
import type { HyperSpec, Phase, RuleBody } from "../language/rule.js";
import { replaceChildren, substitute } from "../language/traverse.js";

const constant = (expression: Expression): number | undefined =>
  expression.kind === "constant" ? expression.value : undefined;

/** The expression without terms that are 0 and factors that are 1, as one writes it down; not for computing, where 0·∞ is NaN. */
function tidy(expression: Expression): Expression {
  const inner = replaceChildren(expression, tidy);
  if (inner.kind !== "binary") return inner;
  const [left, right] = [constant(inner.left), constant(inner.right)];
  switch (inner.operator) {
    case "add":
      if (left === 0) return inner.right;
      return right === 0 ? inner.left : inner;
    case "subtract":
      if (left !== undefined && right !== undefined) return toExpression(left - right);
      return right === 0 ? inner.left : inner;
    case "multiply":
      if (left === 0 || right === 0) return toExpression(0);
      if (left === 1) return inner.right;
      return right === 1 ? inner.left : inner;
    case "divide":
      if (left === 0) return inner.left;
      return right === 1 ? inner.left : inner;
    default:
      return inner;
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
    tidy(substitute(expression, (variable) => known.get(variable.name) ?? variable));
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
