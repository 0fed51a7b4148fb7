import { fromOptimizer } from "@steepest/bench";
import { clip, decayOfMatrices } from "./shared/trapezoid.js";

/** Schedule-Free AdamW: an average in place of a schedule's fall. */
export const submission = fromOptimizer({
  name: "schedule_free_adamw",
  title: "Schedule-Free AdamW",
  cite: {
    authors: "Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky",
    year: 2024,
    title: "The Road Less Scheduled",
    url: "https://arxiv.org/abs/2405.15682",
  },
  space: {
    learning_rate: { scaling: "log", min: 3e-3, max: 3e-2 },
    beta: { feasiblePoints: [0.9, 0.95, 0.98] },
    weight_decay: { scaling: "log", min: 0.01, max: 0.3 },
  },
  optimizer: ({ learning_rate: lr, beta, weight_decay: weightDecay }, { share }) => ({
    optimizer: {
      name: "schedule-free-adamw",
      hyper: { lr, beta, weightDecay, warmupSteps: share(0.05) },
      options: {},
    },
    clip,
    groups: decayOfMatrices,
  }),
});
