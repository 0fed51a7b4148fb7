import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices, trapezoid } from "./shared/trapezoid.js";

/** AdamW with its learning rate, second decay and weight decay tuned. */
export const submission = fromOptimizer({
  name: "adamw",
  title: "AdamW",
  cite: {
    authors: "Loshchilov, Hutter",
    year: 2017,
    title: "Decoupled Weight Decay Regularization",
    url: "https://arxiv.org/abs/1711.05101",
  },
  space: {
    learning_rate: { scaling: "log", min: 2e-3, max: 1.6e-2 },
    one_minus_beta2: { scaling: "log", min: 5e-3, max: 0.1 },
    weight_decay: { scaling: "log", min: 0.01, max: 0.3 },
  },
  optimizer: ({ learning_rate: lr, one_minus_beta2, weight_decay: weightDecay }) => ({
    optimizer: { name: "adamw", hyper: { lr, beta2: 1 - one_minus_beta2, weightDecay }, options: {} },
    clip,
    groups: decayOfMatrices,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
