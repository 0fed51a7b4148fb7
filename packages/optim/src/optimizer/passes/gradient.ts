import {
  add,
  type Expression,
  max,
  min,
  mul,
  neg,
  square,
  sub,
  toExpression,
  variable,
} from "../../language/expression.js";
import type { Phase, RuleBody } from "../../language/rule.js";
import { substitute } from "../../language/traverse.js";
import type { ClipSpec } from "../config.js";

/*
 * Averaging and clipping are written in the language of rules, so that they are fused into the rule's own
 * kernel: clipping by norm costs one pass over the gradients (for the norm), clipping by value and averaging
 * cost none.
 */

/** The slot that sums gradients. Like the scalars below, its name cannot clash: no rule may use a hyphen. */
export const accumulator = "accumulated-gradient";
/** Multiplies the gradient: the clipping factor over the number of gradients summed. */
export const gradientScale = "gradient-scale";
/** The greatest size of an element of the gradient. */
export const gradientLimit = "gradient-limit";

const nothing: Phase = { scalars: {}, assign: {}, reduce: {}, carry: {} };
const gradient = variable("element", "g");
const summed = add(variable("element", accumulator), gradient);

/** The hyper-parameters that the transformed body has beyond the rule's own, in order. */
export const gradientHyper = (accumulate: boolean, clip: ClipSpec): readonly string[] => [
  ...(accumulate || clip.globalNorm !== undefined ? [gradientScale] : []),
  ...(clip.value !== undefined ? [gradientLimit] : []),
];

/** The rule's body on the averaged and clipped gradient instead of `g`. */
export function transformGradient(body: RuleBody, accumulate: boolean, clip: ClipSpec): RuleBody {
  let transformed: Expression = accumulate ? summed : gradient;
  for (const name of gradientHyper(accumulate, clip)) {
    const value = variable("scalar", name);
    transformed = name === gradientScale ? mul(transformed, value) : max(min(transformed, value), neg(value));
  }
  if (transformed === gradient) return body;
  const replace = (expression: Expression) =>
    substitute(expression, (variable) => (variable.name === "g" ? transformed : variable));
  // The last pass empties the accumulator after reading it, or a further one where that pass does not take
  // place in every step.
  const passes =
    body.phases.at(-1)?.when === undefined || !accumulate ? body.phases : [...body.phases, nothing];
  const last = passes.length - 1;
  return {
    ...body,
    ...(body.begin === undefined ? {} : { begin: mapValues(body.begin, replace) }),
    state: accumulate ? { ...body.state, [accumulator]: toExpression(0) } : body.state,
    phases: passes.map((phase, index) => ({
      ...phase,
      assign: {
        ...mapValues(phase.assign, replace),
        ...(accumulate && index === last ? { [accumulator]: toExpression(0) } : {}),
      },
      reduce: mapValues(phase.reduce, ({ over, sum }) => ({ over, sum: replace(sum) })),
    })),
  };
}

/** Adds the gradient to the accumulator. */
export const accumulation: RuleBody = {
  state: { [accumulator]: toExpression(0) },
  carried: {},
  phases: [{ ...nothing, assign: { [accumulator]: summed } }],
};

/**
 * What a step must know of the gradient before anything changes, a sum over the group: ‖g‖² where it clips by
 * norm or the squares might overflow, else of g − g, which is 0 or, of an infinity or NaN, NaN. Not finite
 * where an element is not, and in float32 only there. It is of this gradient or of the sum with those before.
 */
export function gradientTotal(accumulated: boolean, squares: boolean): RuleBody {
  const value = accumulated ? summed : gradient;
  const sum = squares ? square(value) : sub(value, value);
  return {
    state: accumulated ? { [accumulator]: toExpression(0) } : {},
    carried: {},
    phases: [{ ...nothing, reduce: { total: { over: "group", sum } } }],
  };
}

const mapValues = <From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
