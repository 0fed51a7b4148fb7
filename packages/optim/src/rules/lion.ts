import { defineRule } from "../language/defineRule.js";
import { add, ema, mul, sign, sub } from "../language/expression.js";
import { lionArguments, lionHyper, optaxLionArguments } from "./shared/lionFamily.js";

/** Lion. */
export const lion = defineRule({
  name: "lion",
  title: "Lion",
  summary: "the sign of a mean of gradients: every coordinate moves by the step size",
  cite: {
    authors: "Chen, Liang, Huang, Real, Wang, et al.",
    year: 2023,
    title: "Symbolic Discovery of Optimization Algorithms",
    url: "https://arxiv.org/abs/2302.06675",
  },
  hyper: lionHyper,
  presets: {
    // The file of the C-Optim project.
    torch: {
      values: { lr: 1e-4, beta1: 0.95, beta2: 0.98, weightDecay: 0 },
      arguments: lionArguments,
    },
    optax: {
      values: { beta1: 0.9, beta2: 0.99, weightDecay: 1e-3 },
      arguments: optaxLionArguments,
    },
    paper: {
      values: { lr: 1e-4, beta1: 0.9, beta2: 0.99, weightDecay: 0 },
      arguments: lionArguments,
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0 },
      update: ({ x, g, m, lr, beta1, beta2, weightDecay }) => ({
        m: ema(m, g, beta2),
        x: sub(x, mul(lr, add(sign(ema(m, g, beta1)), mul(weightDecay, x)))),
      }),
    }),
});
