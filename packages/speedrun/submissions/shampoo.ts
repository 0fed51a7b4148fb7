import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices, trapezoid } from "./shared/trapezoid.js";

/** Distributed Shampoo by blocks of 128, with roots every ten steps and Adam's norms. */
export const submission = fromOptimizer({
  name: "shampoo",
  title: "Distributed Shampoo",
  cite: {
    authors: "Shi, Lee, Iwasaki, Gallego-Posada, Li, Rangadurai, Mudigere, Rabbat",
    year: 2023,
    title: "A Distributed Data-Parallel PyTorch Implementation of the Distributed Shampoo Optimizer",
    url: "https://arxiv.org/abs/2309.06497",
  },
  space: {
    learning_rate: { scaling: "log", min: 2e-3, max: 1.6e-2 },
    one_minus_beta2: { scaling: "log", min: 5e-3, max: 0.1 },
    weight_decay: { scaling: "log", min: 0.01, max: 0.3 },
  },
  optimizer: ({ learning_rate: lr, one_minus_beta2, weight_decay: weightDecay }) => ({
    optimizer: {
      name: "distributed-shampoo",
      hyper: {
        ...{ lr, beta2: 1 - one_minus_beta2, graftingBeta2: 1 - one_minus_beta2, weightDecay },
        ...{ blockSize: 128, frequency: 10, start: 10, eps: 1e-10 },
      },
      options: { grafting: "adam" },
    },
    clip,
    groups: decayOfMatrices,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
