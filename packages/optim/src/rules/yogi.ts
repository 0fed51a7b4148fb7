import { defineRule } from "../language/defineRule.js";
import { div, ema, mul, sign, square, sub } from "../language/expression.js";
import { flag, nonNegative, real, stepSize } from "../language/hyper.js";
import { adamDirection, adamHyper, biasCorrections, optaxAdamArguments } from "./shared/adamFamily.js";

const defaults = { lr: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-3 } as const;

/** Yogi: the second moment changes by (1−β₂)g² towards g², whatever the distance between them. */
export const yogi = defineRule({
  name: "yogi",
  title: "Yogi",
  summary: "Adam whose second moment moves additively, so that it cannot collapse",
  cite: {
    authors: "Zaheer, Reddi, Sachan, Kale, Kumar",
    year: 2018,
    title: "Adaptive Methods for Nonconvex Optimization",
    url: "https://papers.nips.cc/paper/8186-adaptive-methods-for-nonconvex-optimization",
  },
  hyper: {
    ...adamHyper,
    lr: stepSize(defaults.lr),
    eps: nonNegative(defaults.eps, "\\varepsilon", "added to the root of v̂"),
    initialMean: real(0, "m_0", "value of m before the first step (optax: 1e-6)"),
    initialAccumulator: nonNegative(1e-6, "v_0", "value of v before the first step"),
  },
  options: { debias: flag(true, "divide both moments by 1 − βᵏ (optax); the paper does not") },
  presets: {
    optax: {
      values: { ...defaults, initialMean: 1e-6, initialAccumulator: 1e-6, debias: true },
      arguments: {
        ...optaxAdamArguments,
        initial_accumulator_value: { each: ["initialMean", "initialAccumulator"] },
      },
    },
    paper: {
      values: { ...defaults, initialMean: 0, debias: false },
      arguments: { eta: "lr", beta1: "beta1", beta2: "beta2", epsilon: "eps" },
    },
  },
  body: (rule, { debias }) =>
    rule.elementwise({
      state: { m: rule.hyper.initialMean, v: rule.hyper.initialAccumulator },
      scalars: (variables) => (debias ? biasCorrections(variables) : { c1: undefined, c2: undefined }),
      update: (variables) => {
        const { x, g, m, v, lr, beta1, beta2, c1, c2 } = variables;
        const mean = ema(m, g, beta1);
        const squared = square(g);
        const spread = sub(v, mul(sub(1, beta2), mul(sign(sub(v, squared)), squared)));
        const direction = debias
          ? adamDirection(variables, div(mean, c1), div(spread, c2))
          : adamDirection(variables, mean, spread);
        return { m: mean, v: spread, x: sub(x, mul(lr, direction)) };
      },
    }),
});
