import { type Expression, variable } from "../../language/expression.js";
import type { Phase, RuleBody } from "../../language/rule.js";
import { children, expressionKey, replaceChildren, substitute } from "../../language/traverse.js";
import { mapped, usesElements } from "./factors.js";

/*
 * A phase after one that sums over a parameter often computes again what that one had: LAMB's direction, of
 * which the first needs the length. Where the two phases then move no more bytes, the first keeps it in an
 * array that lives from one to the other only, so that a parameter's roots and divisions are made once.
 */

/** Phases, and the names of arrays that keep values between two of them. */
export interface KeepingPhases {
  readonly phases: readonly Phase[];
  readonly kept: readonly string[];
}

export function keepBetweenPhases({ phases }: RuleBody): KeepingPhases {
  const result: Phase[] = [];
  const kept: string[] = [];
  for (const phase of phases) {
    const before = result.at(-1);
    const value = before === undefined ? undefined : againIn(phase, before);
    if (before === undefined || value === undefined) {
      result.push(phase);
      continue;
    }
    // No name that a rule may give.
    const name = `kept ${kept.length}`;
    const early = substitute(value, (one) => before.assign[one.name] ?? one);
    result[result.length - 1] = { ...before, assign: { ...before.assign, [name]: early } };
    result.push(replaced(phase, value, variable("element", name)));
    kept.push(name);
  }
  return { phases: result, kept };
}

/** What the phase computes with roots or divisions that the one before could have, at no more traffic. */
function againIn(phase: Phase, before: Phase): Expression | undefined {
  if (phase.when !== undefined || before.when !== undefined) return undefined;
  const late = new Set([before.reduce, before.carry, phase.scalars].flatMap((part) => Object.keys(part)));
  const isLate = (expression: Expression): boolean =>
    (expression.kind === "variable" && late.has(expression.name)) || children(expression).some(isLate);
  const found = new Map<string, Expression>();
  const visit = (expression: Expression): void => {
    if (!usesElements(expression)) return;
    if (isDear(expression) && !isLate(expression)) found.set(expressionKey(expression), expression);
    else children(expression).forEach(visit);
  };
  expressionsOf(phase).forEach(visit);
  const [value, ...others] = found.values();
  if (value === undefined || others.length > 0) return undefined;
  const there = arraysOf(expressionsOf(before));
  const needed = arraysOf([substitute(value, (one) => before.assign[one.name] ?? one)]);
  const name = variable("element", "kept");
  const spared =
    arraysOf(expressionsOf(phase)).size - arraysOf(expressionsOf(replaced(phase, value, name))).size;
  // Written and read, it moves as much as two arrays that the phase need not read any more.
  return [...needed].every((array) => there.has(array)) && spared >= 1 ? value : undefined;
}

/** Whether a value takes a root, a quotient of elements or a series. */
const isDear = (expression: Expression): boolean =>
  (expression.kind === "unary" &&
    ["squareRoot", "exponential", "logarithm"].includes(expression.operator) &&
    usesElements(expression.operand)) ||
  (expression.kind === "binary" &&
    ["divide", "power"].includes(expression.operator) &&
    usesElements(expression.operator === "divide" ? expression.right : expression.left)) ||
  children(expression).some(isDear);

const expressionsOf = ({ assign, reduce }: Phase): readonly Expression[] => [
  ...Object.values(assign),
  ...Object.values(reduce).map(({ sum }) => sum),
];

function arraysOf(expressions: readonly Expression[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "variable" && expression.scope === "element") names.add(expression.name);
    children(expression).forEach(visit);
  };
  expressions.forEach(visit);
  return names;
}

function replaced(phase: Phase, value: Expression, by: Expression): Phase {
  const key = expressionKey(value);
  const replace = (expression: Expression): Expression =>
    expressionKey(expression) === key ? by : replaceChildren(expression, replace);
  return {
    ...phase,
    assign: mapped(phase.assign, replace),
    reduce: mapped(phase.reduce, ({ over, sum }) => ({ over, sum: replace(sum) })),
  };
}
