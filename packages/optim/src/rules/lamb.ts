import { defineRule } from "../language/defineRule.js";
import { add, div, type Expression, mul, sqrt, square, sub } from "../language/expression.js";
import { nonNegative } from "../language/hyper.js";
import {
  adamDirection,
  adamHyper,
  biasCorrections,
  moments,
  optaxAdamArguments,
} from "./shared/adamFamily.js";
import { noDecayMask } from "./shared/originals.js";
import { trustRatio } from "./shared/trustRatio.js";

/** Adam's direction and the decoupled decay: what LAMB rescales. */
const decayedDirection = (
  variables: Readonly<Record<"x" | "eps" | "epsRoot" | "weightDecay" | "c1" | "c2", Expression>>,
  { m, v }: Readonly<Record<"m" | "v", Expression>>,
): Expression => {
  const { x, weightDecay, c1, c2 } = variables;
  return add(adamDirection(variables, div(m, c1), div(v, c2)), mul(weightDecay, x));
};

/**
 * LAMB, as optax has it: φ is the identity and the averages are debiased. The direction stands twice, for its
 * norm and for the step; the fused kernels keep it from one to the other instead of reading the averages again.
 */
export const lamb = defineRule({
  name: "lamb",
  title: "LAMB",
  summary: "AdamW's direction, rescaled for each parameter to the parameter's own norm",
  cite: {
    authors: "You, Li, Reddi, Hseu, Kumar, Bhojanapalli, Song, Demmel, Keutzer, Hsieh",
    year: 2019,
    title: "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes",
    url: "https://arxiv.org/abs/1904.00962",
  },
  hyper: {
    ...adamHyper,
    eps: nonNegative(1e-6, "\\varepsilon", "added to the root of v̂"),
    weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay, added before the norm is taken"),
  },
  symbols: { weights: "X", lengths: "U", trust: "\\phi" },
  presets: {
    optax: {
      values: { beta1: 0.9, beta2: 0.999, eps: 1e-6, epsRoot: 0, weightDecay: 0 },
      arguments: {
        learning_rate: "lr",
        b1: optaxAdamArguments.b1,
        b2: optaxAdamArguments.b2,
        eps: "eps",
        eps_root: "epsRoot",
        weight_decay: "weightDecay",
        mask: noDecayMask,
      },
    },
    paper: {
      values: { beta1: 0.9, beta2: 0.999, eps: 1e-6, epsRoot: 0, weightDecay: 0.01 },
      arguments: { eta: "lr", beta1: "beta1", beta2: "beta2", epsilon: "eps", lambda: "weightDecay" },
    },
  },
  body: (rule) =>
    rule
      .phases({ state: { m: 0, v: 0 } })
      .phase({
        scalars: (variables) => biasCorrections(variables),
        update: (variables) => moments(variables, variables.g),
        reduce: (variables) => ({
          weights: { over: "parameter", sum: square(variables.x) },
          lengths: {
            over: "parameter",
            sum: square(decayedDirection(variables, moments(variables, variables.g))),
          },
        }),
      })
      .phase({
        scalars: ({ weights, lengths }) => ({ trust: trustRatio(weights, sqrt(lengths)) }),
        update: (variables) => {
          const { x, lr, trust } = variables;
          return { x: sub(x, mul(mul(lr, trust), decayedDirection(variables, variables))) };
        },
      }),
});
