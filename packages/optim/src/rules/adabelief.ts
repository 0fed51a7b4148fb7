import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, sqrt, square, sub } from "../language/expression.js";
import { decayRate, nonNegative } from "../language/hyper.js";
import { adamHyper, biasCorrections } from "./shared/adamFamily.js";
import { decoupledDecay } from "./shared/originals.js";

const defaults = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-16, epsBelief: 1e-16 } as const;

/** AdaBelief: steps are long where gradients are what their mean foretold. */
export const adabelief = defineRule({
  name: "adabelief",
  title: "AdaBelief",
  summary: "Adam divided by how far gradients are from their mean, not by their size",
  cite: {
    authors: "Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris, Duncan",
    year: 2020,
    title: "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients",
    url: "https://arxiv.org/abs/2010.07468",
  },
  hyper: {
    lr: adamHyper.lr,
    beta1: adamHyper.beta1,
    beta2: decayRate(defaults.beta2, "\\beta_2", "decay of the mean of squared deviations"),
    eps: nonNegative(defaults.eps, "\\varepsilon", "added to the root of ŝ"),
    epsBelief: nonNegative(defaults.epsBelief, "\\bar\\varepsilon", "added to s at every step"),
    weightDecay: decoupledDecay(0),
  },
  presets: {
    optax: {
      values: { ...defaults, weightDecay: 0 },
      arguments: {
        learning_rate: "lr",
        b1: "beta1",
        b2: "beta2",
        eps: "eps",
        eps_root: "epsBelief",
        nesterov: { only: false, otherwise: "AdaBelief has no Nesterov momentum here" },
      },
    },
    authors: {
      values: { ...defaults, weightDecay: 0 },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2"] },
        eps: { each: ["eps", "epsBelief"] },
        weight_decay: "weightDecay",
        weight_decouple: { only: true, otherwise: "Weight decay is decoupled in AdaBelief here" },
        amsgrad: { only: false, otherwise: "Use amsgrad, or AdaBelief without its maximum" },
        rectify: { only: false, otherwise: "Use radam, or AdaBelief without rectification" },
      },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, s: 0 },
      scalars: (variables) => biasCorrections(variables),
      update: ({ x, g, m, s, lr, beta1, beta2, eps, epsBelief, weightDecay, c1, c2 }) => {
        const mean = ema(m, g, beta1);
        const deviation = add(ema(s, square(sub(g, mean)), beta2), epsBelief);
        const direction = div(div(mean, c1), add(sqrt(div(deviation, c2)), eps));
        return { m: mean, s: deviation, x: sub(x, mul(lr, add(direction, mul(weightDecay, x)))) };
      },
    }),
});
