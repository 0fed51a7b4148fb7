import { toExpression } from "../../language/expression.js";
import type { Phase, RuleBody } from "../../language/rule.js";

/*
 * What a body does beside its updates, as bodies of their own: the slots it begins with, and the weights it
 * evaluates with.
 */

/** The array of the weights to evaluate with. Its name cannot clash: no rule may use a hyphen. */
export const evaluationWeights = "evaluation-weights";

const nothing: Phase = { scalars: {}, assign: {}, reduce: {}, carry: {} };

/** Makes the assignments that come before the first update, where there are any. */
export const beginningOf = ({ state, begin }: RuleBody): RuleBody | undefined =>
  begin && { state, carried: {}, phases: [{ ...nothing, assign: begin }] };

/** Writes the weights to evaluate with, where they are not x; its carried scalars are the body's. */
export const evaluationOf = ({ state, evaluation, ...body }: RuleBody): RuleBody | undefined =>
  evaluation && {
    ...body,
    state: { ...state, [evaluationWeights]: toExpression(0) },
    phases: [{ ...nothing, assign: { [evaluationWeights]: evaluation } }],
  };
