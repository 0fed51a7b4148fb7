import { fromOptimizer } from "@steepest/bench";

/** AdamG, which finds its step size itself. */
export const submission = fromOptimizer({
  name: "adamg",
  title: "AdamG",
  cite: {
    authors: "Pang, Yu, Hoang, Zhou",
    year: 2024,
    title: "Towards Stability of Parameter-free Optimization",
    url: "https://arxiv.org/abs/2405.04376",
  },
  self: {},
  optimizer: () => "adamg:preset=algoperf",
});
