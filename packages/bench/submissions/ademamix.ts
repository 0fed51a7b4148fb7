import { fromOptimizer } from "@steepest/bench";

/**
 * AdEMAMix at a constant learning rate. The slow mean warms up over ten steps, counted from 1 as in its
 * authors' code for PyTorch (the submission, in JAX, counts them from 0).
 */
export const submission = fromOptimizer({
  name: "ademamix",
  title: "AdEMAMix",
  cite: {
    authors: "Pagliardini, Ablin, Grangier",
    year: 2024,
    title: "The AdEMAMix Optimizer: Better, Faster, Older",
    url: "https://arxiv.org/abs/2409.03137",
  },
  self: {
    ...{ learning_rate: 0.01, b1: 0.9, b2: 0.999, b3: 0.9999, alpha: 8, warmup: 10, weight_decay: 0.01 },
  },
  optimizer: ({ learning_rate, b1, b2, b3, alpha, warmup, weight_decay }) => ({
    name: "ademamix",
    hyper: {
      ...{ lr: learning_rate, beta1: b1, beta2: b2, beta3: b3, mix: alpha, weightDecay: weight_decay },
      ...{ mixWarmup: warmup, beta3Warmup: warmup },
    },
    options: {},
  }),
});
