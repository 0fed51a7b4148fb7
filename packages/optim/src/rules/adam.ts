import { defineRule } from "../language/defineRule.js";
import { div, mul, sub } from "../language/expression.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  moments,
  optaxAdamArguments,
  torchAdamArguments,
} from "./shared/adamFamily.js";

/** Adam. */
export const adam = defineRule({
  name: "adam",
  title: "Adam",
  summary: "debiased mean of gradients over the root of the debiased mean of their squares",
  cite: {
    authors: "Kingma, Ba",
    year: 2014,
    title: "Adam: A Method for Stochastic Optimization",
    url: "https://arxiv.org/abs/1412.6980",
  },
  hyper: adamHyper,
  presets: {
    torch: {
      values: adamDefaults,
      arguments: {
        ...torchAdamArguments,
        weight_decay: { only: 0, otherwise: "Use adam-l2, which is torch's form, or adamw" },
        amsgrad: { only: false, otherwise: "Use amsgrad" },
      },
    },
    optax: {
      values: adamDefaults,
      arguments: {
        ...optaxAdamArguments,
        nesterov: { only: false, otherwise: "Use nadam with preset=optax" },
      },
    },
    paper: {
      values: adamDefaults,
      arguments: { alpha: "lr", beta1: "beta1", beta2: "beta2", epsilon: "eps" },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, v: 0 },
      scalars: (variables) => biasCorrections(variables),
      update: (variables) => {
        const { x, g, lr, c1, c2 } = variables;
        const next = moments(variables, g);
        const direction = adamDirection(variables, div(next.m, c1), div(next.v, c2));
        return { ...next, x: sub(x, mul(lr, direction)) };
      },
    }),
});
