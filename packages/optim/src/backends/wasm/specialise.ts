import { type Comparison, type Expression, select, sqrt, toExpression } from "../../language/expression.js";
import type { Phase } from "../../language/rule.js";
import { children, expressionKey, replaceChildren } from "../../language/traverse.js";
import { isConstant, mapped, usesElements } from "./factors.js";

/*
 * A phase has one kernel for each outcome of conditions that are the same for every element: a choice by a
 * scalar, whether an exponent is ½, and whether the factor of an addend is 0. A kernel contains what its
 * outcome needs and no more. So what is multiplied by 0 need not be a number.
 */

/** A condition on scalars. */
interface Condition {
  /** 1 where it holds, else 0. */
  readonly value: Expression;
  /** The scalar that is 0 where it holds, where that is the condition. */
  readonly zero?: string;
}

/** A phase under one outcome of each of its conditions. */
export interface SpecialisedPhases {
  /** 1 or 0 each; the first is the lowest bit of the place among `phases`. */
  readonly conditions: readonly Expression[];
  readonly phases: readonly Phase[];
}

/** More of them double the kernels for little. */
const conditionsAtMost = 3;

export function specialise(phase: Phase): SpecialisedPhases {
  const roots = [...Object.values(phase.assign), ...Object.values(phase.reduce).map(({ sum }) => sum)];
  const found = new Map<string, Condition>();
  const note = (condition: Condition) => found.set(expressionKey(condition.value), condition);
  const visit = (expression: Expression): void => {
    choiceOf(expression).forEach(note);
    children(expression).forEach(visit);
  };
  const visitAddends = (expression: Expression): void => {
    addedFactors(expression).forEach(note);
    children(expression).forEach(visitAddends);
  };
  roots.forEach(visit);
  roots.forEach(visitAddends);
  const conditions = [...found.values()].slice(0, conditionsAtMost);
  return {
    conditions: conditions.map(({ value }) => value),
    phases: Array.from({ length: 2 ** conditions.length }, (_, place) =>
      under(
        phase,
        conditions.map((condition, bit) => ({ ...condition, holds: ((place >> bit) & 1) === 1 })),
      ),
    ),
  };
}

/** The condition of a choice between expressions of elements by scalars, or of a power that is a root. */
function choiceOf(expression: Expression): readonly Condition[] {
  if (isPower(expression) && usesElements(expression.left) && !isKnown(expression.right))
    return [{ value: holds(expression.right, "equal", 0.5) }];
  if (expression.kind !== "select" || !usesElements(expression)) return [];
  const { comparison, left, right } = expression;
  if (usesElements(left) || usesElements(right)) return [];
  return [{ value: holds(left, comparison, right) }];
}

/** Scalars by name that are added to an expression of elements: as a factor, or below a root or a power. */
function addedFactors(expression: Expression): readonly Condition[] {
  const addend = addedTo(expression);
  const isProduct = addend?.kind === "binary" && addend.operator === "multiply" && usesElements(addend.right);
  const base = baseOf(expression);
  const added = [isProduct ? addend.left : undefined, base && addedTo(base)];
  return added.flatMap((one) =>
    one?.kind === "variable" && one.scope === "scalar"
      ? [{ value: holds(one, "equal", 0), zero: one.name }]
      : [],
  );
}

/** What a root or a power is taken of. */
function baseOf(expression: Expression): Expression | undefined {
  if (expression.kind === "unary" && expression.operator === "squareRoot") return expression.operand;
  return isPower(expression) ? expression.left : undefined;
}

/** Whether an exponent is decided when a kernel is made; or never. */
const isKnown = (exponent: Expression): boolean => exponent.kind === "constant" || usesElements(exponent);

type Power = Extract<Expression, { readonly kind: "binary" }>;
const isPower = (expression: Expression): expression is Power =>
  expression.kind === "binary" && expression.operator === "power";

/** What a sum of elements has as its second addend. */
const addedTo = (expression: Expression): Expression | undefined =>
  expression.kind === "binary" && expression.operator === "add" && usesElements(expression.left)
    ? expression.right
    : undefined;

const holds = (left: Expression, comparison: Comparison, right: Expression | number): Expression =>
  select(left, comparison, right, 1, 0);

type Outcome = Condition & { readonly holds: boolean };

function under(phase: Phase, outcomes: readonly Outcome[]): Phase {
  const byKey = new Map(outcomes.map((outcome) => [expressionKey(outcome.value), outcome.holds]));
  const zeros = new Set(outcomes.flatMap(({ zero, holds }) => (zero !== undefined && holds ? [zero] : [])));
  const known = new Map<Expression, Expression>();
  const reduced = (expression: Expression): Expression => {
    const existing = known.get(expression);
    if (existing !== undefined) return existing;
    const result = usesElements(expression) ? reducedElement(expression) : expression;
    known.set(expression, result);
    return result;
  };
  const isZero = (scalar: Expression) => scalar.kind === "variable" && zeros.has(scalar.name);
  const reducedElement = (expression: Expression): Expression => {
    const [choice] = choiceOf(expression);
    const outcome = choice && byKey.get(expressionKey(choice.value));
    if (outcome !== undefined && expression.kind === "select")
      return reduced(outcome ? expression.whenTrue : expression.whenFalse);
    if (outcome === true && isPower(expression)) return sqrt(reduced(expression.left));
    if (expression.kind !== "binary") return replaceChildren(expression, reduced);
    const { operator, left, right } = expression;
    if (operator === "multiply" && (isZero(left) || isZero(right))) return toExpression(0);
    const parts = { left: reduced(left), right: reduced(right) };
    const adds = operator === "add" || operator === "subtract";
    if (adds && (isZero(right) || isConstant(parts.right, 0))) return parts.left;
    if (operator === "add" && isConstant(parts.left, 0)) return parts.right;
    return { ...expression, ...parts };
  };
  return {
    ...phase,
    assign: mapped(phase.assign, reduced),
    reduce: mapped(phase.reduce, ({ over, sum }) => ({ over, sum: reduced(sum) })),
  };
}
