import { fromOptimizer } from "@steepest/bench";
import { algoperfCompetition, nadamwHyper, optListPoints, warmupCosine } from "./shared/nadamw.js";

/**
 * The baseline, evaluated at a moving average of its copies, of which one is made every 0.005 of the step
 * hint from 0.02 of it on. As published: the decay 0.2 is cut to the integer 0, so that what is evaluated is
 * the latest copy. `lawa_inner_steps_frac` stands in the published logs and is not used.
 */
export const submission = fromOptimizer({
  name: "lawa_ema",
  title: "LAWA EMA",
  cite: algoperfCompetition,
  points: optListPoints.map((point) => ({
    ...point,
    ...{ lawa_beta: 0.2, lawa_start_factor: 0.02, lawa_interval_scaling: 0.005, lawa_inner_steps_frac: 0.25 },
  })),
  optimizer: (point, { share }) => ({
    name: "lawa-ema",
    hyper: {
      ...nadamwHyper(point),
      averageStart: share(point.lawa_start_factor, 1),
      averagePeriod: share(point.lawa_interval_scaling, 1),
      averageDecay: point.lawa_beta,
    },
    options: { base: "nadamw", averageDecayAs: "published" },
  }),
  schedule: warmupCosine,
});
