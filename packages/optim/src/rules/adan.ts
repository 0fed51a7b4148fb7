import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, pow, square, sub } from "../language/expression.js";
import { choice, decayRate } from "../language/hyper.js";
import { adamDirection, adamHyper, biasCorrections } from "./shared/adamFamily.js";
import { decoupledDecay, maximizeArgument, noDecayMask } from "./shared/originals.js";

const defaults = { lr: 1e-3, beta1: 0.98, beta2: 0.92, beta3: 0.99, eps: 1e-8, weightDecay: 0 } as const;

/**
 * Adan: Nesterov's look-ahead from the differences of successive gradients, which is in the second moment
 * too.
 */
export const adan = defineRule({
  name: "adan",
  title: "Adan",
  summary: "Adam with Nesterov's look-ahead from the differences of gradients",
  cite: {
    authors: "Xie, Zhou, Li, Lin, Yan",
    year: 2022,
    title: "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models",
    url: "https://arxiv.org/abs/2208.06677",
  },
  hyper: {
    ...adamHyper,
    beta1: decayRate(defaults.beta1, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(defaults.beta2, "\\beta_2", "decay of the mean of their differences"),
    beta3: decayRate(defaults.beta3, "\\beta_3", "decay of the mean of squared look-aheads"),
    weightDecay: decoupledDecay(defaults.weightDecay),
  },
  options: {
    differenceWeight: choice(
      ["decay", "complement"],
      "the look-ahead takes differences times β₂ (authors), or times 1 − β₂ (optax)",
    ),
    decay: choice(
      ["proximal", "decoupled"],
      "x is divided by 1 + αλ after the step (authors), or λx is added to the step (optax; authors with no_prox)",
    ),
  },
  symbols: { difference: "d", previous: "p", ahead: "w" },
  presets: {
    authors: {
      values: { ...defaults, epsRoot: 0, differenceWeight: "decay", decay: "proximal" },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2", "beta3"] },
        eps: "eps",
        weight_decay: "weightDecay",
        max_grad_norm: { only: 0, otherwise: "Clip by the optimizer's configuration" },
        no_prox: { values: { false: { decay: "proximal" }, true: { decay: "decoupled" } } },
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { ...defaults, epsRoot: 1e-8, differenceWeight: "complement", decay: "decoupled" },
      arguments: {
        learning_rate: "lr",
        b1: "beta1",
        b2: "beta2",
        b3: "beta3",
        eps: "eps",
        eps_root: "epsRoot",
        weight_decay: "weightDecay",
        mask: noDecayMask,
      },
    },
  },
  body: (rule, { differenceWeight, decay }) =>
    rule.elementwise({
      state: { m: 0, difference: 0, n: 0, previous: 0 },
      // There is no difference at the first step.
      begin: ({ g }) => ({ previous: g }),
      scalars: (variables) => ({
        ...biasCorrections(variables),
        c3: sub(1, pow(variables.beta3, variables.k)),
        ahead: differenceWeight === "decay" ? variables.beta2 : sub(1, variables.beta2),
      }),
      update: (variables) => {
        const { x, g, m, difference, n, previous, lr, beta1, beta2, beta3 } = variables;
        const { weightDecay, c1, c2, c3, ahead } = variables;
        const change = sub(g, previous);
        const next = {
          m: ema(m, g, beta1),
          difference: ema(difference, change, beta2),
          n: ema(n, square(add(g, mul(ahead, change))), beta3),
        };
        const mean = add(div(next.m, c1), mul(ahead, div(next.difference, c2)));
        const direction = adamDirection(variables, mean, div(next.n, c3));
        const stepped =
          decay === "proximal"
            ? div(sub(x, mul(lr, direction)), add(1, mul(lr, weightDecay)))
            : sub(x, mul(lr, add(direction, mul(weightDecay, x))));
        return { ...next, previous: g, x: stepped };
      },
    }),
});
