import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices, trapezoid } from "./shared/trapezoid.js";

/** Prodigy, which finds its own step size; a factor on it is tuned. */
export const submission = fromOptimizer({
  name: "prodigy",
  title: "Prodigy",
  cite: {
    authors: "Mishchenko, Defazio",
    year: 2023,
    title: "Prodigy: An Expeditiously Adaptive Parameter-Free Learner",
    url: "https://arxiv.org/abs/2306.06101",
  },
  space: {
    factor: { scaling: "log", min: 0.3, max: 3 },
    one_minus_beta2: { scaling: "log", min: 1e-3, max: 0.1 },
    weight_decay: { scaling: "log", min: 0.003, max: 0.3 },
  },
  optimizer: ({ factor: dCoefficient, one_minus_beta2, weight_decay: weightDecay }) => ({
    optimizer: {
      name: "prodigy",
      hyper: { dCoefficient, beta2: 1 - one_minus_beta2, weightDecay },
      options: { biasCorrection: true, safeguardWarmup: true },
    },
    clip,
    groups: decayOfMatrices,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
