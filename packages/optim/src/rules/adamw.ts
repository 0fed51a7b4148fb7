import { defineRule } from "../language/defineRule.js";
import { add, div, mul, sub } from "../language/expression.js";
import { nonNegative } from "../language/hyper.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  maximumOption,
  moments,
  optaxAdamArguments,
  secondMoment,
  torchAdamArguments,
  torchAmsgradArgument,
} from "./shared/adamFamily.js";
import { noDecayMask } from "./shared/originals.js";

/**
 * AdamW. torch multiplies x by 1 − αλ first and then steps, which is the same update written in another
 * order.
 */
export const adamw = defineRule({
  name: "adamw",
  title: "AdamW",
  summary: "Adam with decoupled weight decay",
  cite: {
    authors: "Loshchilov, Hutter",
    year: 2017,
    title: "Decoupled Weight Decay Regularization",
    url: "https://arxiv.org/abs/1711.05101",
  },
  hyper: { ...adamHyper, weightDecay: nonNegative(1e-2, "\\lambda", "decoupled weight decay") },
  options: { maximum: maximumOption },
  symbols: { vMax: "\\hat v_{\\max}" },
  presets: {
    torch: {
      values: { ...adamDefaults, weightDecay: 1e-2, maximum: "none" },
      arguments: { ...torchAdamArguments, weight_decay: "weightDecay", amsgrad: torchAmsgradArgument },
    },
    optax: {
      values: { ...adamDefaults, weightDecay: 1e-4, maximum: "none" },
      arguments: {
        ...optaxAdamArguments,
        weight_decay: "weightDecay",
        mask: noDecayMask,
        nesterov: { only: false, otherwise: "Use nadam with preset=optax, decay=decoupled" },
      },
    },
  },
  body: (rule, { maximum }) =>
    rule.elementwise({
      state: { m: 0, v: 0, vMax: maximum === "none" ? undefined : 0 },
      scalars: (variables) => biasCorrections(variables),
      update: (variables) => {
        const { x, g, lr, weightDecay, c1 } = variables;
        const next = moments(variables, g);
        const { debiased, slots } = secondMoment(variables, next.v, maximum);
        const direction = adamDirection(variables, div(next.m, c1), debiased);
        return { ...next, ...slots, x: sub(x, mul(lr, add(direction, mul(weightDecay, x)))) };
      },
    }),
});
