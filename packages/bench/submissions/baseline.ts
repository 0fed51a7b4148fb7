import { fromOptimizer } from "@steepest/bench";
import { algoperfCompetition, nadamwOf, optListPoints, warmupCosine } from "./shared/nadamw.js";

/** NAdamW with the first five settings of OptList, linear warm-up, then a cosine wave to 0 at the step hint. */
export const submission = fromOptimizer({
  name: "baseline",
  title: "Baseline (NAdamW)",
  cite: algoperfCompetition,
  points: optListPoints,
  optimizer: nadamwOf,
  schedule: warmupCosine,
});
