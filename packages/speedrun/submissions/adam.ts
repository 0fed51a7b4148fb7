import { fromOptimizer } from "@steepest/bench";
import { clip, trapezoid } from "./shared/trapezoid.js";

/** Adam without weight decay. */
export const submission = fromOptimizer({
  name: "adam",
  title: "Adam",
  cite: {
    authors: "Kingma, Ba",
    year: 2014,
    title: "Adam: A Method for Stochastic Optimization",
    url: "https://arxiv.org/abs/1412.6980",
  },
  space: {
    learning_rate: { scaling: "log", min: 2e-3, max: 1.6e-2 },
    one_minus_beta2: { scaling: "log", min: 5e-3, max: 0.1 },
  },
  optimizer: ({ learning_rate: lr, one_minus_beta2 }) => ({
    optimizer: { name: "adam", hyper: { lr, beta2: 1 - one_minus_beta2 }, options: {} },
    clip,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
