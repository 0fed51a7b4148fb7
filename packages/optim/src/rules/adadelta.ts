import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, sqrt, square, sub } from "../language/expression.js";
import { decayRate, nonNegative } from "../language/hyper.js";
import { l2Decay, maximizeArgument } from "./shared/originals.js";

/** Adadelta with the lecture's two decays; torch, optax and the paper have γ = ρ. */
export const adadelta = defineRule({
  name: "adadelta",
  title: "Adadelta",
  summary: "RMSProp in the units of the parameters: past steps stand for the step size",
  cite: {
    authors: "Zeiler",
    year: 2012,
    title: "ADADELTA: An Adaptive Learning Rate Method",
    url: "https://arxiv.org/abs/1212.5701",
  },
  hyper: {
    lr: nonNegative(1, "\\alpha", "factor of the step (torch, optax); the lecture's rule has none"),
    gamma: decayRate(0.9, "\\gamma", "decay of the mean of squared gradients"),
    rho: decayRate(0.9, "\\rho", "decay of the mean of squared steps"),
    eps: nonNegative(1e-6, "\\varepsilon", "keeps the division finite and starts the motion"),
    weightDecay: l2Decay,
  },
  symbols: { stepSquare: "D" },
  presets: {
    torch: {
      values: { lr: 1, gamma: 0.9, rho: 0.9, eps: 1e-6, weightDecay: 0 },
      arguments: {
        lr: "lr",
        rho: { each: ["gamma", "rho"] },
        eps: "eps",
        weight_decay: "weightDecay",
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { lr: 1, gamma: 0.9, rho: 0.9, eps: 1e-6, weightDecay: 0 },
      arguments: {
        learning_rate: "lr",
        rho: { each: ["gamma", "rho"] },
        eps: "eps",
        weight_decay: "weightDecay",
      },
    },
    paper: {
      values: { lr: 1, gamma: 0.95, rho: 0.95, eps: 1e-6, weightDecay: 0 },
      arguments: { rho: { each: ["gamma", "rho"] }, epsilon: "eps" },
    },
  },
  body: (rule) =>
    rule.elementwise({
      state: { v: 0, stepSquare: 0 },
      update: ({ x, g, v, stepSquare, lr, gamma, rho, eps, weightDecay }) => {
        const gradient = add(g, mul(weightDecay, x));
        const meanSquare = ema(v, square(gradient), gamma);
        const step = mul(div(sqrt(add(stepSquare, eps)), sqrt(add(meanSquare, eps))), gradient);
        return { v: meanSquare, stepSquare: ema(stepSquare, square(step), rho), x: sub(x, mul(lr, step)) };
      },
    }),
});
