import { defineRule } from "../language/defineRule.js";
import { add, mul, sub } from "../language/expression.js";
import { stepSize } from "../language/hyper.js";
import { l2Decay, maximizeArgument } from "./shared/originals.js";

/**
 * Stochastic gradient descent without momentum: torch's and optax's with `momentum` are the rules momentum
 * and nesterov.
 */
export const sgd = defineRule({
  name: "sgd",
  title: "SGD",
  summary: "a constant step against the gradient of a random sample or mini-batch, unbiased",
  cite: {
    authors: "Robbins, Monro",
    year: 1951,
    title: "A Stochastic Approximation Method",
    url: "https://doi.org/10.1214/aoms/1177729586",
  },
  hyper: { lr: stepSize(1e-2), weightDecay: l2Decay },
  presets: {
    torch: {
      values: { lr: 1e-3, weightDecay: 0 },
      arguments: {
        lr: "lr",
        weight_decay: "weightDecay",
        momentum: { only: 0, otherwise: "Use the optimizer momentum or nesterov" },
        dampening: { only: 0, otherwise: "Use the optimizer momentum, which has a buffer to dampen" },
        nesterov: { only: false, otherwise: "Use the optimizer nesterov" },
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { weightDecay: 0 },
      arguments: {
        learning_rate: "lr",
        momentum: { only: null, otherwise: "Use the optimizer momentum or nesterov" },
        nesterov: { only: false, otherwise: "Use the optimizer nesterov" },
      },
    },
  },
  body: (rule) =>
    rule.elementwise({
      update: ({ x, g, lr, weightDecay }) => ({ x: sub(x, mul(lr, add(g, mul(weightDecay, x)))) }),
    }),
});
