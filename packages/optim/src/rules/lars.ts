import { defineRule } from "../language/defineRule.js";
import { add, mul, sqrt, square, sub } from "../language/expression.js";
import { choice, decayRate, flag, nonNegative, stepSize } from "../language/hyper.js";
import { trustRatio } from "./shared/trustRatio.js";

/** LARS: momentum on steps whose length is a fixed part of each parameter's own norm. */
export const lars = defineRule({
  name: "lars",
  title: "LARS",
  summary: "SGD with momentum, with a step size for each parameter from its norm and its gradient's",
  cite: {
    authors: "You, Gitman, Ginsburg",
    year: 2017,
    title: "Large Batch Training of Convolutional Networks",
    url: "https://arxiv.org/abs/1708.03888",
  },
  hyper: {
    lr: stepSize(0.1),
    momentum: decayRate(0.9, "\\mu", "decay of the sum of steps"),
    weightDecay: nonNegative(0, "\\lambda", "L2 regularisation: λx is added to the gradient"),
    trust: nonNegative(1e-3, "\\eta", "length of a step of size 1, as a part of the parameter's norm"),
    eps: nonNegative(0, "\\varepsilon", "added to the norm that is divided by"),
  },
  options: {
    norm: choice(["separate", "sum"], "the norm divided by: ‖g‖ + λ‖x‖ (paper), or ‖g + λx‖ (optax)"),
    nesterov: flag(false, "look ahead: the step and μ times the sum after it (optax's nesterov)"),
  },
  symbols: { weights: "X", gradients: "G", rate: "\\alpha_x", velocity: "b" },
  presets: {
    optax: {
      values: { momentum: 0.9, weightDecay: 0, trust: 1e-3, eps: 0, norm: "sum", nesterov: false },
      arguments: {
        learning_rate: "lr",
        weight_decay: "weightDecay",
        weight_decay_mask: { only: true, otherwise: "Give weightDecay=0 to a parameter group" },
        trust_coefficient: "trust",
        eps: "eps",
        trust_ratio_mask: { only: true, otherwise: "Use the optimizer momentum for those parameters" },
        momentum: "momentum",
        nesterov: "nesterov",
      },
    },
    paper: {
      values: { momentum: 0.9, weightDecay: 5e-4, trust: 1e-3, eps: 0, norm: "separate", nesterov: false },
      arguments: { gamma_0: "lr", m: "momentum", beta: "weightDecay", eta: "trust" },
    },
  },
  body: (rule, { norm, nesterov }) =>
    rule
      .phases({ state: { velocity: 0 } })
      .phase({
        reduce: ({ x, g, weightDecay }) => ({
          weights: { over: "parameter", sum: square(x) },
          gradients: {
            over: "parameter",
            sum: square(norm === "sum" ? add(g, mul(weightDecay, x)) : g),
          },
        }),
      })
      .phase({
        scalars: ({ weights, gradients, lr, trust, weightDecay, eps }) => {
          const length = sqrt(gradients);
          const whole = norm === "sum" ? length : add(length, mul(weightDecay, sqrt(weights)));
          return { rate: mul(lr, trustRatio(weights, whole, trust, eps)) };
        },
        update: ({ x, g, velocity, weightDecay, momentum, rate }) => {
          const step = mul(rate, add(g, mul(weightDecay, x)));
          const sum = add(mul(momentum, velocity), step);
          return { velocity: sum, x: sub(x, nesterov ? add(step, mul(momentum, sum)) : sum) };
        },
      }),
});
