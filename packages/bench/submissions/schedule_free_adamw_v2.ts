import { fromOptimizer } from "@steepest/bench";
import { nadamwHyper, selfTuningPoint } from "./shared/nadamw.js";
import { warmupOf } from "./shared/scheduleFree.js";

const { beta2, weight_decay, warmup_factor } = selfTuningPoint;

/** Schedule-Free AdamW's second submission: steps weigh evenly, and decay from where the gradient is taken. */
export const submission = fromOptimizer({
  name: "schedule_free_adamw_v2",
  title: "Schedule-Free AdamW v2",
  cite: {
    authors: "Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky",
    year: 2024,
    title: "The Road Less Scheduled",
    url: "https://arxiv.org/abs/2405.15682",
  },
  self: {
    ...{ learning_rate: 0.0025, one_minus_beta1: 0.1, beta2, weight_decay, warmup_factor },
    label_smoothing: 0.2,
  },
  optimizer: (point, horizon) => {
    const { beta1: beta, ...hyper } = nadamwHyper(point);
    const warmupSteps = warmupOf(point.warmup_factor, horizon);
    return {
      name: "schedule-free-adamw",
      preset: "algoperf",
      hyper: { ...hyper, beta, r: 0, warmupSteps },
      options: { decayAt: "gradient" },
    };
  },
});
