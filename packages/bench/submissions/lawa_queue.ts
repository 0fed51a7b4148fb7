import { fromOptimizer } from "@steepest/bench";
import { algoperfCompetition, nadamwHyper, optListPoints, warmupCosine } from "./shared/nadamw.js";

/**
 * The baseline, evaluated at the mean of its ten latest copies, of which one is made every 0.002 of the step
 * hint from 0.02 of it on. `lawa_inner_steps_frac` stands in the published logs and is not used.
 */
export const submission = fromOptimizer({
  name: "lawa_queue",
  title: "LAWA Queue",
  cite: algoperfCompetition,
  points: optListPoints.map((point) => ({
    ...point,
    ...{ k: 10, lawa_start_factor: 0.02, lawa_interval_scaling: 0.002, lawa_inner_steps_frac: 0.25 },
  })),
  optimizer: (point, { share }) => ({
    name: "lawa-queue",
    hyper: {
      ...nadamwHyper(point),
      averageStart: share(point.lawa_start_factor, 1),
      averagePeriod: share(point.lawa_interval_scaling, 1),
    },
    options: { base: "nadamw", copies: String(point.k) },
  }),
  schedule: warmupCosine,
});
