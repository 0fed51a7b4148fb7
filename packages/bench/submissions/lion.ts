import { fromOptimizer } from "@steepest/bench";
import { nadamwHyper } from "./shared/nadamw.js";
import { torchCosine } from "./shared/torchCosine.js";

/** Lion with linear warm-up and a cosine wave. */
export const submission = fromOptimizer({
  name: "lion",
  title: "Lion",
  cite: {
    authors: "Chen, Liang, Huang, Real, et al.",
    year: 2023,
    title: "Symbolic Discovery of Optimization Algorithms",
    url: "https://arxiv.org/abs/2302.06675",
  },
  self: {
    ...{ learning_rate: 2e-4, one_minus_beta1: 0.05, beta2: 0.98, weight_decay: 0.5, warmup_factor: 0.02 },
    dropout_rate: 0.1,
  },
  optimizer: (point) => ({ name: "lion", hyper: nadamwHyper(point), options: {} }),
  schedule: ({ warmup_factor }, { stepHint, share }) => torchCosine(stepHint, share(warmup_factor)),
});
