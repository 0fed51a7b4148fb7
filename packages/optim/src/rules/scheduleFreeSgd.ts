import { defineRule } from "../language/defineRule.js";
import { add, mul } from "../language/expression.js";
import { nonNegative, stepSize } from "../language/hyper.js";
import {
  advance,
  averageOf,
  averaging,
  averagingHyper,
  beginKept,
  interpolation,
  keptConflict,
  keptOption,
  keptSlot,
  scheduleFreeArguments,
  scheduleFreeCitation,
  scheduleFreeSymbols,
  warmedUp,
  warmupHyper,
} from "./shared/scheduleFree.js";

/**
 * Schedule-Free SGD: no schedule of the step size, an average of the iterates in its place. Weight decay acts
 * where gradients are taken.
 */
export const scheduleFreeSgd = defineRule({
  name: "schedule-free-sgd",
  title: "Schedule-Free SGD",
  summary: "SGD with gradients between its iterate and the average of its iterates, at which one evaluates",
  cite: scheduleFreeCitation,
  hyper: {
    lr: stepSize(1),
    beta: interpolation,
    weightDecay: nonNegative(0, "\\lambda", "λy is added to the gradient"),
    ...warmupHyper,
    ...averagingHyper,
  },
  options: { kept: keptOption },
  symbols: scheduleFreeSymbols,
  presets: {
    authors: {
      values: { lr: 1, beta: 0.9, weightDecay: 0, warmupSteps: 0, r: 0, weightLrPower: 2, kept: "z" },
      arguments: { ...scheduleFreeArguments, momentum: "beta" },
    },
  },
  conflict: ({ beta }, { kept }) => keptConflict(beta, kept),
  body: (rule, { kept }) =>
    rule.elementwise({
      state: keptSlot(kept),
      carried: { lrMax: 0, weights: 0 },
      begin: beginKept(kept),
      evaluation: (variables) => averageOf(variables, kept),
      scalars: (variables) => {
        const rate = warmedUp(variables);
        return { rate, ...averaging(variables, rate) };
      },
      update: (variables) => {
        const { x, g, weightDecay, rate, share } = variables;
        const step = mul(rate, add(g, mul(weightDecay, x)));
        return advance(variables, kept, step, share);
      },
      carry: ({ largest, weights, weight }) => ({ lrMax: largest, weights: add(weights, weight) }),
    }),
});
