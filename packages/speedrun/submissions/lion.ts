import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices, trapezoid } from "./shared/trapezoid.js";

/** Lion: the sign of a mean of gradients. */
export const submission = fromOptimizer({
  name: "lion",
  title: "Lion",
  cite: {
    authors: "Chen, Liang, Huang, Real, Wang, et al.",
    year: 2023,
    title: "Symbolic Discovery of Optimization Algorithms",
    url: "https://arxiv.org/abs/2302.06675",
  },
  space: {
    learning_rate: { scaling: "log", min: 3e-4, max: 3e-3 },
    one_minus_beta2: { scaling: "log", min: 5e-3, max: 0.05 },
    weight_decay: { scaling: "log", min: 0.03, max: 1 },
  },
  optimizer: ({ learning_rate: lr, one_minus_beta2, weight_decay: weightDecay }) => ({
    optimizer: { name: "lion", hyper: { lr, beta2: 1 - one_minus_beta2, weightDecay }, options: {} },
    clip,
    groups: decayOfMatrices,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
