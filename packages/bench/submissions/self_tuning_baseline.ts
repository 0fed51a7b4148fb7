import { fromOptimizer } from "@steepest/bench";
import { algoperfCompetition, nadamwOf, selfTuningPoint, warmupCosine } from "./shared/nadamw.js";

/** The baseline of the self-tuning ruleset: NAdamW at one setting for everything. */
export const submission = fromOptimizer({
  name: "self_tuning_baseline",
  title: "Self-tuning baseline (NAdamW)",
  cite: algoperfCompetition,
  self: selfTuningPoint,
  optimizer: nadamwOf,
  schedule: warmupCosine,
});
