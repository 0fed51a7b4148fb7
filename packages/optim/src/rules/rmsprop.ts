import { defineRule } from "../language/defineRule.js";
import { add, div, ema, max, mul, sqrt, square, sub } from "../language/expression.js";
import { choice, decayRate, flag, nonNegative, stepSize } from "../language/hyper.js";
import { epsPlacementDescription, l2Decay, maximizeArgument } from "./shared/originals.js";

/** RMSProp, plain or centered, with or without momentum. */
export const rmsprop = defineRule({
  name: "rmsprop",
  title: "RMSProp",
  summary: "gradients divided by the root of a moving average of their squares",
  cite: {
    authors: "Tieleman, Hinton",
    year: 2012,
    title: "Neural Networks for Machine Learning, Lecture 6.5: RMSProp",
    url: "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
  },
  hyper: {
    lr: stepSize(1e-3),
    gamma: decayRate(0.9, "\\gamma", "decay of the mean of squared gradients"),
    eps: nonNegative(1e-6, "\\varepsilon", "keeps the division finite"),
    momentum: decayRate(0.9, "\\mu", "decay of the buffer, where there is one"),
    weightDecay: l2Decay,
  },
  options: {
    epsPlacement: choice(["inside", "outside"], epsPlacementDescription),
    centered: flag(false, "divide by the standard deviation: v − ḡ² in place of v"),
    buffer: choice(
      ["none", "directions", "steps"],
      "momentum: none; a sum of directions, times lr when applied (torch); a sum of steps, lr within (optax)",
    ),
  },
  symbols: { mean: "\\bar g", velocity: "b" },
  presets: {
    torch: {
      values: {
        lr: 1e-2,
        gamma: 0.99,
        eps: 1e-8,
        momentum: 0,
        weightDecay: 0,
        epsPlacement: "outside",
        centered: false,
        buffer: "none",
      },
      arguments: {
        lr: "lr",
        alpha: "gamma",
        eps: "eps",
        weight_decay: "weightDecay",
        momentum: { name: "momentum", enables: { buffer: "directions" } },
        centered: "centered",
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: {
        gamma: 0.9,
        eps: 1e-8,
        momentum: 0,
        weightDecay: 0,
        epsPlacement: "inside",
        centered: false,
        buffer: "none",
      },
      arguments: {
        learning_rate: "lr",
        decay: "gamma",
        eps: "eps",
        initial_scale: { only: 0, otherwise: "The mean of squared gradients begins at 0 here" },
        eps_in_sqrt: { values: { true: { epsPlacement: "inside" }, false: { epsPlacement: "outside" } } },
        centered: "centered",
        momentum: { name: "momentum", enables: { buffer: "steps" } },
        nesterov: { only: false, otherwise: "RMSProp has no Nesterov momentum here" },
        bias_correction: { only: false, otherwise: "Use adam with beta1=0, which is debiased RMSProp" },
      },
    },
  },
  body: (rule, { epsPlacement, centered, buffer }) =>
    rule.elementwise({
      state: { v: 0, mean: centered ? 0 : undefined, velocity: buffer === "none" ? undefined : 0 },
      update: ({ x, g, v, mean, velocity, lr, gamma, eps, momentum, weightDecay }) => {
        const gradient = add(g, mul(weightDecay, x));
        const meanSquare = ema(v, square(gradient), gamma);
        const nextMean = ema(mean, gradient, gamma);
        // The variance of equal gradients is 0 up to rounding, which may fall below and must not become NaN.
        const spread = centered ? max(sub(meanSquare, square(nextMean)), 0) : meanSquare;
        const root = epsPlacement === "inside" ? sqrt(add(spread, eps)) : add(sqrt(spread), eps);
        const direction = div(gradient, root);
        const averages = { v: meanSquare, ...(centered ? { mean: nextMean } : {}) };
        switch (buffer) {
          case "none":
            return { ...averages, x: sub(x, mul(lr, direction)) };
          case "directions": {
            const sum = add(mul(momentum, velocity), direction);
            return { ...averages, velocity: sum, x: sub(x, mul(lr, sum)) };
          }
          case "steps": {
            const sum = add(mul(momentum, velocity), mul(lr, direction));
            return { ...averages, velocity: sum, x: sub(x, sum) };
          }
        }
      },
    }),
});
