import { fromOptimizer } from "@steepest/bench";
import { clip, trapezoid } from "./shared/trapezoid.js";

/** Stochastic gradient descent with heavy-ball momentum, of the clipped gradient. */
export const submission = fromOptimizer({
  name: "sgd_momentum",
  title: "SGD with momentum",
  cite: {
    authors: "Polyak",
    year: 1964,
    title: "Some methods of speeding up the convergence of iteration methods",
    url: "https://doi.org/10.1016/0041-5553(64)90137-5",
  },
  space: {
    learning_rate: { scaling: "log", min: 0.03, max: 1 },
    momentum: { feasiblePoints: [0.9, 0.95, 0.98] },
  },
  optimizer: ({ learning_rate: lr, momentum: beta }) => ({
    optimizer: { name: "momentum", hyper: { lr, beta }, options: {} },
    clip,
  }),
  schedule: (_, horizon) => trapezoid(horizon),
});
