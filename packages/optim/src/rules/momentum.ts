import { defineRule } from "../language/defineRule.js";
import { add, mul, select, sub } from "../language/expression.js";
import { choice, decayRate, real, stepSize } from "../language/hyper.js";
import { l2Decay, maximizeArgument } from "./shared/originals.js";

/**
 * Polyak's heavy ball in the form of torch and optax: the step size multiplies the buffer when it is applied,
 * not when it is filled.
 */
export const momentum = defineRule({
  name: "momentum",
  title: "Momentum",
  summary: "SGD along a decaying sum of gradients (the heavy ball)",
  cite: {
    authors: "Polyak",
    year: 1964,
    title: "Some methods of speeding up the convergence of iteration methods",
    url: "https://doi.org/10.1016/0041-5553(64)90137-5",
  },
  hyper: {
    lr: stepSize(1e-2),
    beta: decayRate(0.9, "\\beta", "decay of the sum of gradients"),
    dampening: real(0, "d", "a new gradient enters the sum with weight 1 − d"),
    weightDecay: l2Decay,
  },
  options: {
    firstGradient: choice(
      ["dampened", "whole"],
      "whether the first gradient enters dampened like the others, or whole (torch)",
    ),
  },
  symbols: { buffer: "b", weight: "w" },
  presets: {
    torch: {
      values: { lr: 1e-3, beta: 0, dampening: 0, weightDecay: 0, firstGradient: "whole" },
      arguments: {
        lr: "lr",
        momentum: "beta",
        dampening: "dampening",
        weight_decay: "weightDecay",
        nesterov: { only: false, otherwise: "Use the optimizer nesterov" },
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { dampening: 0, weightDecay: 0, firstGradient: "dampened" },
      arguments: {
        learning_rate: "lr",
        momentum: "beta",
        nesterov: { only: false, otherwise: "Use the optimizer nesterov" },
        accumulator_dtype: { only: null, otherwise: "The buffer has the precision of the parameters" },
      },
    },
  },
  body: (rule, { firstGradient }) =>
    rule.elementwise({
      state: { buffer: 0 },
      scalars: ({ k, dampening }) => {
        const dampened = sub(1, dampening);
        return { weight: firstGradient === "whole" ? select(k, "equal", 1, 1, dampened) : dampened };
      },
      update: ({ x, g, buffer, lr, beta, weightDecay, weight }) => {
        const next = add(mul(beta, buffer), mul(weight, add(g, mul(weightDecay, x))));
        return { buffer: next, x: sub(x, mul(lr, next)) };
      },
    }),
});
