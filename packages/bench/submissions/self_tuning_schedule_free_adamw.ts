import { fromOptimizer } from "@steepest/bench";
import { algoperfCompetition, selfTuningPoint } from "./shared/nadamw.js";
import { scheduleFreeOf } from "./shared/scheduleFree.js";

/**
 * Schedule-Free AdamW at one setting for everything. The original also begins again at half the learning rate
 * where four evaluations show no progress; a submission here does not see its evaluations.
 */
export const submission = fromOptimizer({
  name: "self_tuning_schedule_free_adamw",
  title: "Self-tuning Schedule-Free AdamW",
  cite: algoperfCompetition,
  self: { ...selfTuningPoint, learning_rate: 0.0025, one_minus_beta1: 0.1, label_smoothing: 0.2 },
  optimizer: scheduleFreeOf,
});
