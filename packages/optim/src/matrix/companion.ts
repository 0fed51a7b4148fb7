import { type Expression, toExpression, variable } from "../language/expression.js";
import type { Phase, RuleBody } from "../language/rule.js";
import { substitute } from "../language/traverse.js";
import type { Companion } from "./matrixRule.js";

/** The body of a companion, in terms of the matrix rule's hyper-parameters. */
export function companionBody({ rule, options, hyper = {} }: Companion): RuleBody {
  const chosen = Object.fromEntries(
    Object.entries(rule.options).map(([name, spec]) => [name, options?.[name] ?? spec.default]),
  );
  const body = rule.body(chosen);
  const rename = (expression: Expression): Expression =>
    substitute(expression, (found) => {
      const ours = found.scope === "scalar" ? hyper[found.name] : undefined;
      if (ours === undefined) return found;
      return typeof ours === "number" ? toExpression(ours) : variable("scalar", ours);
    });
  const renameAll = (expressions: Readonly<Record<string, Expression>>) =>
    Object.fromEntries(Object.entries(expressions).map(([name, each]) => [name, rename(each)]));
  return {
    ...body,
    state: renameAll(body.state),
    carried: renameAll(body.carried),
    phases: body.phases.map(
      (phase): Phase => ({
        ...phase,
        scalars: renameAll(phase.scalars),
        assign: renameAll(phase.assign),
        carry: renameAll(phase.carry),
        reduce: Object.fromEntries(
          Object.entries(phase.reduce).map(([name, { over, sum }]) => [name, { over, sum: rename(sum) }]),
        ),
      }),
    ),
  };
}
