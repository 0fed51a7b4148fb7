import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices, trapezoid } from "./shared/trapezoid.js";

/** Muon for the hidden matrices, AdamW for embeddings and norms. */
export const submission = fromOptimizer({
  name: "muon",
  title: "Muon with AdamW",
  cite: {
    authors: "Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein",
    year: 2024,
    title: "Muon: An optimizer for hidden layers in neural networks",
    url: "https://kellerjordan.github.io/posts/muon/",
  },
  space: {
    learning_rate: { scaling: "log", min: 0.01, max: 0.06 },
    adam_learning_rate: { scaling: "log", min: 1e-3, max: 1.2e-2 },
    weight_decay: { scaling: "log", min: 0.005, max: 0.1 },
  },
  optimizer: ({ learning_rate: lr, adam_learning_rate: adamLr, weight_decay: weightDecay }) => ({
    optimizer: { name: "muon", hyper: { lr, adamLr, weightDecay }, options: {} },
    clip,
    groups: decayOfMatrices,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
