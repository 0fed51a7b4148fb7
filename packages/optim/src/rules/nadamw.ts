import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, sub } from "../language/expression.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  moments,
  torchAdamArguments,
} from "./shared/adamFamily.js";
import { decoupledDecay } from "./shared/originals.js";

/** NAdamW, the baseline of AlgoPerf: the look-ahead β₁m + (1−β₁)g is debiased as a whole by 1 − β₁ᵏ. */
export const nadamw = defineRule({
  name: "nadamw",
  title: "NAdamW",
  summary: "AdamW with Nesterov's look-ahead, AlgoPerf's baseline",
  cite: {
    authors: "Dahl, Schneider, Nado, Agarwal, et al.",
    year: 2023,
    title: "Benchmarking Neural Network Training Algorithms",
    url: "https://arxiv.org/abs/2306.07179",
  },
  hyper: { ...adamHyper, weightDecay: decoupledDecay(1e-2) },
  presets: {
    algoperf: {
      values: { ...adamDefaults, weightDecay: 1e-2 },
      arguments: { ...torchAdamArguments, weight_decay: "weightDecay" },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, v: 0 },
      scalars: (variables) => biasCorrections(variables),
      update: (variables) => {
        const { x, g, lr, beta1, weightDecay, c1, c2 } = variables;
        const next = moments(variables, g);
        const ahead = div(ema(next.m, g, beta1), c1);
        const direction = adamDirection(variables, ahead, div(next.v, c2));
        return { ...next, x: sub(x, mul(lr, add(direction, mul(weightDecay, x)))) };
      },
    }),
});
