import { defineRule } from "../language/defineRule.js";
import { add, div, mul, select, sqrt, square, sub } from "../language/expression.js";
import { decayRate, nonNegative } from "../language/hyper.js";
import { distanceArguments, distanceHyper, grown } from "./shared/distance.js";
import { l2Decay } from "./shared/originals.js";

/**
 * SGD with D-Adaptation, as its authors' code has it: x is an average of z = x₀ − s with weight 1 − μ, and
 * the norm of the first gradient, by which every step is divided, is taken without weight decay. Until a
 * gradient is not zero nothing moves.
 */
export const dadaptSgd = defineRule({
  name: "dadapt-sgd",
  title: "D-Adaptation SGD",
  summary: "SGD whose step size is an estimate of the distance to the solution",
  cite: {
    authors: "Defazio, Mishchenko",
    year: 2023,
    title: "Learning-Rate-Free Learning by D-Adaptation",
    url: "https://arxiv.org/abs/2301.07733",
  },
  hyper: {
    lr: nonNegative(1, "\\alpha", "factor of the estimated step size"),
    momentum: decayRate(0, "\\mu", "x keeps this part of itself and takes the rest from z"),
    weightDecay: l2Decay,
    ...distanceHyper,
  },
  symbols: {
    x0: "x_0",
    first: "G",
    squares: "\\gamma_0",
    rate: "\\lambda",
    inner: "\\xi",
    numerator: "\\nu",
    length: "\\sigma",
  },
  presets: {
    authors: {
      values: { lr: 1, momentum: 0, weightDecay: 0, d0: 1e-6, growthRate: 0 },
      arguments: { lr: "lr", momentum: "momentum", weight_decay: "weightDecay", ...distanceArguments },
    },
  },
  body: (rule) =>
    rule
      .phases({
        state: { s: 0, x0: 0 },
        carried: { d: rule.hyper.d0, numerator: 0, first: 0 },
        begin: ({ x }) => ({ x0: x }),
      })
      .phase({
        when: ({ first }) => select(first, "equal", 0, 1, 0),
        reduce: ({ g }) => ({ squares: { over: "all", sum: square(g) } }),
        carry: ({ squares }) => ({ first: sqrt(squares) }),
      })
      .phase({
        scalars: ({ d, lr, first }) => ({ rate: select(first, "equal", 0, 0, div(mul(d, lr), first)) }),
        reduce: ({ x, g, s, weightDecay, rate }) => {
          const step = mul(rate, add(g, mul(weightDecay, x)));
          return {
            inner: { over: "all", sum: mul(step, s) },
            length: { over: "all", sum: square(add(s, step)) },
          };
        },
        update: ({ x, g, s, x0, weightDecay, momentum, rate }) => {
          const sum = add(s, mul(rate, add(g, mul(weightDecay, x))));
          return { s: sum, x: add(mul(momentum, x), mul(sub(1, momentum), sub(x0, sum))) };
        },
        carry: (variables) => {
          const { d, numerator, inner, length } = variables;
          const next = add(numerator, inner);
          const estimate = div(mul(2, next), sqrt(length));
          return { numerator: next, d: select(length, "equal", 0, d, grown(variables, estimate)) };
        },
      }),
});
