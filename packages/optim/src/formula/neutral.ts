import { comparisons } from "../language/evaluate.js";
import { type Expression, toExpression } from "../language/expression.js";
import type { HyperSpec, Phase, RuleBody } from "../language/rule.js";
import { expressionKey, replaceChildren } from "../language/traverse.js";

const constant = (expression: Expression): number | undefined =>
  expression.kind === "constant" ? expression.value : undefined;

/** Steps count from 1. */
const isStep = (expression: Expression): boolean => expression.kind === "variable" && expression.name === "k";

/**
 * An expression of tidy parts without terms that are 0 and factors that are 1, as one writes it down; not for
 * computing, where 0·∞ is NaN.
 */
function tidy(expression: Expression): Expression {
  if (expression.kind === "select") return tidySelect(expression);
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
      if (right === 0 && isStep(expression.left)) return toExpression(Number.POSITIVE_INFINITY);
      return right === 1 ? expression.left : expression;
    case "power":
      if (right === 0) return toExpression(1);
      return right === 1 ? expression.left : expression;
    case "minimum":
      if (left === Number.POSITIVE_INFINITY) return expression.right;
      return right === Number.POSITIVE_INFINITY ? expression.left : expression;
    default:
      return expression;
  }
}

function tidySelect(expression: Extract<Expression, { readonly kind: "select" }>): Expression {
  const { comparison, whenTrue, whenFalse } = expression;
  if (expressionKey(whenTrue) === expressionKey(whenFalse)) return whenTrue;
  const [left, right] = [constant(expression.left), constant(expression.right)];
  if (isStep(expression.left) && comparison === "greaterEqual" && right === 1) return whenTrue;
  if (left === undefined || right === undefined) return expression;
  return comparisons[comparison](left, right) ? whenTrue : whenFalse;
}

/**
 * A body as the lecture would write it: hyper-parameters whose default is 0 or 1 (no decay, no dampening, no
 * factor) are left out with their terms, and scalars that become a plain number or symbol are written in
 * place. Step sizes stay, and what is `stated`.
 */
export function withoutNeutralTerms(
  hyper: Readonly<Record<string, HyperSpec>>,
  body: RuleBody,
  stated: readonly string[] = [],
): RuleBody {
  const known = new Map<string, Expression>();
  for (const [name, spec] of Object.entries(hyper))
    if ((spec.default === 0 || spec.default === 1) && spec.kind !== "stepSize" && !stated.includes(name))
      known.set(name, toExpression(spec.default));
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
      // A scalar that is a carried one keeps its name, since later phases read it after the carried one has
      // changed.
      const lasting = written.kind === "variable" && !Object.hasOwn(body.carried, written.name);
      if (written.kind === "constant" || lasting) known.set(name, written);
      else scalars[name] = written;
    }
    const reduce = Object.fromEntries(
      Object.entries(phase.reduce).map(([name, { over, sum }]) => [name, { over, sum: write(sum) }]),
    );
    return {
      ...(phase.when === undefined ? {} : { when: write(phase.when) }),
      ...{ scalars, reduce, assign: writeAll(phase.assign), carry: writeAll(phase.carry) },
    };
  });
  return {
    ...body,
    ...(body.begin === undefined ? {} : { begin: writeAll(body.begin) }),
    phases,
    ...(body.evaluation === undefined ? {} : { evaluation: write(body.evaluation) }),
  };
}
