import { defineRule } from "../language/defineRule.js";
import { add, div, ema, log, mul, pow, select, sub } from "../language/expression.js";
import { count, decayRate, nonNegative } from "../language/hyper.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  moments,
  optaxAdamArguments,
} from "./shared/adamFamily.js";
import { decoupledDecay, noDecayMask } from "./shared/originals.js";

const defaults = { ...adamDefaults, beta3: 0.9999, weightDecay: 0, warmupEps: 1e-8 } as const;

/** AdEMAMix: Adam with a second, slow mean of gradients, which is not debiased but may be warmed up. */
export const ademamix = defineRule({
  name: "ademamix",
  title: "AdEMAMix",
  summary: "AdamW along a fast and a very slow mean of gradients",
  cite: {
    authors: "Pagliardini, Ablin, Grangier",
    year: 2024,
    title: "The AdEMAMix Optimizer: Better, Faster, Older",
    url: "https://arxiv.org/abs/2409.03137",
  },
  hyper: {
    ...adamHyper,
    beta3: decayRate(defaults.beta3, "\\beta_3", "decay of the slow mean"),
    mix: nonNegative(2, "a", "weight of the slow mean"),
    mixWarmup: count(1, "K_a", "steps in which the weight grows linearly from 0; 1 for none"),
    beta3Warmup: count(1, "K_3", "steps in which the half-life of the slow mean grows linearly; 1 for none"),
    warmupEps: nonNegative(
      defaults.warmupEps,
      "\\delta",
      "added to β in the half-lives of the warm-up (authors' code)",
    ),
    weightDecay: decoupledDecay(0),
  },
  symbols: { slow: "s", slowDecay: "\\hat\\beta_3", weight: "\\hat a" },
  presets: {
    authors: {
      values: { ...defaults, mix: 2, mixWarmup: 1, beta3Warmup: 1 },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2", "beta3"] },
        alpha: "mix",
        beta3_warmup: { name: "beta3Warmup", enables: {} },
        alpha_warmup: { name: "mixWarmup", enables: {} },
        eps: "eps",
        weight_decay: "weightDecay",
      },
    },
    optax: {
      values: { ...defaults, mix: 5, mixWarmup: 1, beta3Warmup: 1 },
      arguments: {
        ...optaxAdamArguments,
        b3: "beta3",
        alpha: "mix",
        weight_decay: "weightDecay",
        mask: noDecayMask,
      },
    },
    paper: {
      values: { ...defaults, mix: 5, warmupEps: 0 },
      arguments: {
        eta: "lr",
        beta1: "beta1",
        beta2: "beta2",
        beta3: "beta3",
        alpha: "mix",
        epsilon: "eps",
        lambda: "weightDecay",
      },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, slow: 0, v: 0 },
      scalars: (variables) => {
        const { k, beta1, beta3, mix, mixWarmup, beta3Warmup, warmupEps } = variables;
        const warm = (warmup: typeof k, before: typeof k, after: typeof k) =>
          select(k, "greaterEqual", warmup, after, before);
        const halfLifeOf = (beta: typeof k) => div(log(0.5), log(add(beta, warmupEps)));
        const progress = div(k, beta3Warmup);
        const halfLife = add(mul(sub(1, progress), halfLifeOf(beta1)), mul(progress, halfLifeOf(beta3)));
        return {
          ...biasCorrections(variables),
          slowDecay: warm(beta3Warmup, pow(0.5, div(1, halfLife)), beta3),
          weight: warm(mixWarmup, mul(mix, div(k, mixWarmup)), mix),
        };
      },
      update: (variables) => {
        const { x, g, slow, lr, weightDecay, c1, c2, slowDecay, weight } = variables;
        const next = moments(variables, g);
        const old = ema(slow, g, slowDecay);
        const mixed = add(div(next.m, c1), mul(weight, old));
        const direction = adamDirection(variables, mixed, div(next.v, c2));
        return { ...next, slow: old, x: sub(x, mul(lr, add(direction, mul(weightDecay, x)))) };
      },
    }),
});
