import { fromOptimizer } from "@steepest/bench";
import { warmupSchedule } from "@steepest/optim";
import { algoperfCompetition } from "./shared/nadamw.js";

/** Prodigy's step size on Schedule-Free's sequences; only the weight decay is tuned. */
export const submission = fromOptimizer({
  name: "schedule_free_prodigy",
  title: "Schedule-Free Prodigy",
  cite: algoperfCompetition,
  points: [0.3, 0.1, 0.03, 0.01, 0.003].map((weight_decay) => ({ weight_decay })),
  optimizer: ({ weight_decay }) => ({
    name: "schedule-free-prodigy",
    preset: "algoperf",
    hyper: { weightDecay: weight_decay },
    options: {},
  }),
  schedule: (_, { share }) => warmupSchedule.create({ steps: share(0.075, 1) }),
});
