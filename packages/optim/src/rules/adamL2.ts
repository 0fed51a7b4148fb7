import { defineRule } from "../language/defineRule.js";
import { add, div, mul, sub } from "../language/expression.js";
import { nonNegative } from "../language/hyper.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  maximumOption,
  moments,
  secondMoment,
  torchAdamArguments,
  torchAmsgradArgument,
} from "./shared/adamFamily.js";

/** Adam on the objective with L2 regularisation: the decay passes through the averages, unlike AdamW's. */
export const adamL2 = defineRule({
  name: "adam-l2",
  title: "Adam with L2",
  summary: "Adam with weight decay added to the gradient (torch's Adam with weight_decay)",
  cite: {
    authors: "Kingma, Ba",
    year: 2014,
    title: "Adam: A Method for Stochastic Optimization",
    url: "https://arxiv.org/abs/1412.6980",
  },
  hyper: {
    ...adamHyper,
    weightDecay: nonNegative(1e-2, "\\lambda", "L2 regularisation: λx is added to the gradient"),
  },
  options: { maximum: maximumOption },
  symbols: { vMax: "\\hat v_{\\max}" },
  presets: {
    torch: {
      values: { ...adamDefaults, weightDecay: 0, maximum: "none" },
      arguments: { ...torchAdamArguments, weight_decay: "weightDecay", amsgrad: torchAmsgradArgument },
    },
  },
  body: (rule, { maximum }) =>
    rule.elementwise({
      state: { m: 0, v: 0, vMax: maximum === "none" ? undefined : 0 },
      scalars: (variables) => biasCorrections(variables),
      update: (variables) => {
        const { x, g, lr, weightDecay, c1 } = variables;
        const next = moments(variables, add(g, mul(weightDecay, x)));
        const { debiased, slots } = secondMoment(variables, next.v, maximum);
        const direction = adamDirection(variables, div(next.m, c1), debiased);
        return { ...next, ...slots, x: sub(x, mul(lr, direction)) };
      },
    }),
});
