import { defineRule } from "../language/defineRule.js";
import { abs, add, div, ema, max, mul, pow, select, sub } from "../language/expression.js";
import { choice, decayRate, nonNegative, stepSize } from "../language/hyper.js";
import { l2Decay, maximizeArgument } from "./shared/originals.js";

const defaults = { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;

/** Adamax: Adam with the infinity norm in place of the second moment. */
export const adamax = defineRule({
  name: "adamax",
  title: "Adamax",
  summary: "debiased mean of gradients over a decaying maximum of their sizes",
  cite: {
    authors: "Kingma, Ba",
    year: 2014,
    title: "Adam: A Method for Stochastic Optimization",
    url: "https://arxiv.org/abs/1412.6980",
  },
  hyper: {
    lr: stepSize(defaults.lr),
    beta1: decayRate(defaults.beta1, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(defaults.beta2, "\\beta_2", "decay of the maximum"),
    eps: nonNegative(defaults.eps, "\\varepsilon", "keeps the division finite"),
    weightDecay: l2Decay,
  },
  options: {
    epsPlacement: choice(
      ["gradient", "denominator", "none"],
      "ε is added to |g| inside the maximum (torch, optax); to u at the division (tensorflow.js); nowhere, and a coordinate without any gradient so far stays (paper)",
    ),
  },
  presets: {
    torch: {
      values: { ...defaults, weightDecay: 0, epsPlacement: "gradient" },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2"] },
        eps: "eps",
        weight_decay: "weightDecay",
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { ...defaults, weightDecay: 0, epsPlacement: "gradient" },
      arguments: { learning_rate: "lr", b1: "beta1", b2: "beta2", eps: "eps" },
    },
    paper: {
      values: { ...defaults, weightDecay: 0, epsPlacement: "none" },
      arguments: { alpha: "lr", beta1: "beta1", beta2: "beta2" },
    },
  },
  body: (rule, { epsPlacement }) =>
    rule.elementwise({
      state: { m: 0, u: 0 },
      scalars: ({ k, beta1 }) => ({ c1: sub(1, pow(beta1, k)) }),
      update: ({ x, g, m, u, lr, beta1, beta2, eps, weightDecay, c1 }) => {
        const gradient = add(g, mul(weightDecay, x));
        const mean = ema(m, gradient, beta1);
        const size = epsPlacement === "gradient" ? add(abs(gradient), eps) : abs(gradient);
        const largest = max(mul(beta2, u), size);
        const debiased = div(mean, c1);
        const direction = {
          gradient: div(debiased, largest),
          denominator: div(debiased, add(largest, eps)),
          none: select(largest, "greater", 0, div(debiased, largest), 0),
        }[epsPlacement];
        return { m: mean, u: largest, x: sub(x, mul(lr, direction)) };
      },
    }),
});
