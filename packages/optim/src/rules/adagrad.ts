import { defineRule } from "../language/defineRule.js";
import { add, div, mul, sqrt, square, sub } from "../language/expression.js";
import { choice, nonNegative, stepSize } from "../language/hyper.js";
import { epsPlacementDescription, l2Decay, maximizeArgument } from "./shared/originals.js";

/** AdaGrad: every coordinate has a step size that shrinks with the gradients it has seen. */
export const adagrad = defineRule({
  name: "adagrad",
  title: "AdaGrad",
  summary: "gradients divided by the root of the sum of all their squares",
  cite: {
    authors: "Duchi, Hazan, Singer",
    year: 2010,
    title: "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    url: "https://jmlr.org/papers/v12/duchi11a.html",
  },
  hyper: {
    lr: stepSize(1e-2),
    eps: nonNegative(1e-6, "\\varepsilon", "keeps the division finite"),
    initialAccumulator: nonNegative(0, "v_0", "value of the sum before the first step"),
    lrDecay: nonNegative(0, "\\eta", "step k takes α / (1 + (k − 1)η)"),
    weightDecay: l2Decay,
  },
  options: { epsPlacement: choice(["inside", "outside"], epsPlacementDescription) },
  symbols: { rate: "\\alpha_k" },
  presets: {
    torch: {
      values: {
        lr: 1e-2,
        eps: 1e-10,
        initialAccumulator: 0,
        lrDecay: 0,
        weightDecay: 0,
        epsPlacement: "outside",
      },
      arguments: {
        lr: "lr",
        lr_decay: "lrDecay",
        weight_decay: "weightDecay",
        initial_accumulator_value: "initialAccumulator",
        eps: "eps",
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { eps: 1e-7, initialAccumulator: 0.1, lrDecay: 0, weightDecay: 0, epsPlacement: "inside" },
      arguments: {
        learning_rate: "lr",
        initial_accumulator_value: "initialAccumulator",
        eps: "eps",
      },
    },
    paper: {
      values: { initialAccumulator: 0, lrDecay: 0, weightDecay: 0, epsPlacement: "outside" },
      arguments: { eta: "lr", delta: "eps" },
    },
  },
  body: (rule, { epsPlacement }) =>
    rule.elementwise({
      state: { v: rule.hyper.initialAccumulator },
      scalars: ({ k, lr, lrDecay }) => ({ rate: div(lr, add(1, mul(sub(k, 1), lrDecay))) }),
      update: ({ x, g, v, eps, weightDecay, rate }) => {
        const gradient = add(g, mul(weightDecay, x));
        const sum = add(v, square(gradient));
        const root = epsPlacement === "inside" ? sqrt(add(sum, eps)) : add(sqrt(sum), eps);
        return { v: sum, x: sub(x, mul(rate, div(gradient, root))) };
      },
    }),
});
