import { fromOptimizer } from "@steepest/bench";
import { algoperfCompetition } from "./shared/nadamw.js";
import { scheduleFreeOf } from "./shared/scheduleFree.js";

const usual = { one_minus_beta1: 0.1, beta2: 0.9955, weight_decay: 0.08, warmup_factor: 0.02 } as const;

/** Schedule-Free AdamW, the average weighted by k^0.75 and decay from it, as submitted. */
export const submission = fromOptimizer({
  name: "schedule_free_adamw",
  title: "Schedule-Free AdamW",
  cite: algoperfCompetition,
  points: [
    { learning_rate: 0.004, ...usual, dropout_rate: 0.1, label_smoothing: 0.4 },
    { learning_rate: 0.003, ...usual, dropout_rate: 0, label_smoothing: 0.2 },
    { learning_rate: 0.002, ...usual, dropout_rate: 0, label_smoothing: 0.2 },
    { learning_rate: 0.005, ...usual, beta2: 0.62918, dropout_rate: 0, label_smoothing: 0.4 },
    { learning_rate: 0.001, ...usual, dropout_rate: 0, label_smoothing: 0.2 },
  ],
  optimizer: scheduleFreeOf,
});
