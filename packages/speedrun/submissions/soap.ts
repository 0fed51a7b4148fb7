import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices, trapezoid } from "./shared/trapezoid.js";

/** SOAP: Adam in Shampoo's eigenbasis, which is renewed every ten steps. */
export const submission = fromOptimizer({
  name: "soap",
  title: "SOAP",
  cite: {
    authors: "Vyas, Morwani, Zhao, Kwun, Shapira, Brandfonbrener, Janson, Kakade",
    year: 2024,
    title: "SOAP: Improving and Stabilizing Shampoo using Adam",
    url: "https://arxiv.org/abs/2409.11321",
  },
  space: {
    learning_rate: { scaling: "log", min: 2e-3, max: 1.6e-2 },
    one_minus_beta2: { scaling: "log", min: 5e-3, max: 0.1 },
    weight_decay: { scaling: "log", min: 0.01, max: 0.3 },
  },
  optimizer: ({ learning_rate: lr, one_minus_beta2, weight_decay: weightDecay }) => ({
    optimizer: {
      name: "soap",
      hyper: { lr, beta2: 1 - one_minus_beta2, weightDecay, frequency: 10 },
      options: {},
    },
    clip,
    groups: decayOfMatrices,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
