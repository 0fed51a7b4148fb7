import { defineRule } from "../language/defineRule.js";
import { add, mul, sub } from "../language/expression.js";
import { decayRate, stepSize } from "../language/hyper.js";
import { l2Decay, maximizeArgument } from "./shared/originals.js";

/**
 * Nesterov's acceleration in the form of torch and optax: x is the look-ahead point of the original, where
 * the gradient is taken (Sutskever et al. 2013).
 */
export const nesterov = defineRule({
  name: "nesterov",
  title: "Nesterov momentum",
  summary: "momentum whose gradient is taken one momentum step ahead",
  cite: {
    authors: "Nesterov",
    year: 1983,
    title: "A method for solving the convex programming problem with convergence rate O(1/k²)",
    url: "https://www.mathnet.ru/eng/dan46009",
  },
  hyper: {
    lr: stepSize(1e-2),
    beta: decayRate(0.9, "\\beta", "decay of the sum of gradients"),
    weightDecay: l2Decay,
  },
  symbols: { buffer: "b" },
  presets: {
    torch: {
      values: { lr: 1e-3, beta: 0, weightDecay: 0 },
      arguments: {
        lr: "lr",
        momentum: "beta",
        dampening: { only: 0, otherwise: "torch refuses dampening with nesterov too" },
        weight_decay: "weightDecay",
        nesterov: { only: true, otherwise: "Use the optimizer momentum" },
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { weightDecay: 0 },
      arguments: {
        learning_rate: "lr",
        momentum: "beta",
        nesterov: { only: true, otherwise: "Use the optimizer momentum" },
        accumulator_dtype: { only: null, otherwise: "The buffer has the precision of the parameters" },
      },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { buffer: 0 },
      update: ({ x, g, buffer, lr, beta, weightDecay }) => {
        const gradient = add(g, mul(weightDecay, x));
        const next = add(mul(beta, buffer), gradient);
        return { buffer: next, x: sub(x, mul(lr, add(gradient, mul(beta, next)))) };
      },
    }),
});
