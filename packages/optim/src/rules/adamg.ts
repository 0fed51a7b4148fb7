import { defineRule } from "../language/defineRule.js";
import { add, div, ema, min, mul, pow, sqrt, square, sub } from "../language/expression.js";
import { decayRate, nonNegative, positive, stepSize } from "../language/hyper.js";
import { adamDirection, adamHyper, biasCorrections } from "./shared/adamFamily.js";
import { decoupledDecay, maximizeArgument } from "./shared/originals.js";

const defaults = {
  lr: 1,
  beta1: 0.95,
  beta2: 0.999,
  beta3: 0.95,
  eps: 1e-8,
  weightDecay: 0,
  scale: 0.2,
  exponent: 0.24,
} as const;

/** AdamG: Adam of gradients times a step size s(v) = p·v^q that the coordinate finds itself. */
export const adamg = defineRule({
  name: "adamg",
  title: "AdamG",
  summary: "Adam with a step size of its own for each coordinate: nothing to tune",
  cite: {
    authors: "Pang, Yu, Hoang, Zhou",
    year: 2024,
    title: "Towards Stability of Parameter-free Optimization",
    url: "https://arxiv.org/abs/2405.04376",
  },
  hyper: {
    ...adamHyper,
    lr: stepSize(defaults.lr, "\\alpha", "largest step size; step k takes min(α, 1/√k)"),
    beta1: decayRate(defaults.beta1, "\\beta_1", "decay of the mean of scaled gradients"),
    beta3: decayRate(defaults.beta3, "\\beta_3", "decay of the mean of golden step sizes"),
    scale: nonNegative(defaults.scale, "p", "factor of the golden step size"),
    exponent: positive(defaults.exponent, "q", "exponent of the golden step size"),
    weightDecay: decoupledDecay(defaults.weightDecay),
  },
  symbols: { rate: "\\alpha_k", golden: "r" },
  presets: {
    algoperf: {
      values: defaults,
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2", "beta3"] },
        eps: "eps",
        weight_decay: "weightDecay",
        amsgrad: { only: false, otherwise: "AdamG keeps no maximum here" },
        maximize: maximizeArgument,
      },
    },
    paper: {
      values: defaults,
      arguments: {
        eta: "lr",
        beta1: "beta1",
        beta2: "beta2",
        beta3: "beta3",
        epsilon: "eps",
        p: "scale",
        q: "exponent",
      },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, v: 0, golden: 0 },
      scalars: (variables) => ({
        ...biasCorrections(variables),
        rate: min(variables.lr, div(1, sqrt(variables.k))),
      }),
      update: (variables) => {
        const { x, g, m, v, golden, beta1, beta2, beta3, scale, exponent, weightDecay } = variables;
        const { c1, c2, rate } = variables;
        const meanSquare = ema(v, square(g), beta2);
        const size = ema(golden, mul(scale, pow(meanSquare, exponent)), beta3);
        const mean = ema(m, mul(size, g), beta1);
        const direction = adamDirection(variables, div(mean, c1), div(meanSquare, c2));
        const step = mul(rate, add(direction, mul(weightDecay, x)));
        return { m: mean, v: meanSquare, golden: size, x: sub(x, step) };
      },
    }),
});
