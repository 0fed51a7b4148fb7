import { fromOptimizer } from "@steepest/bench";
import { cosineSchedule, joinSchedules, type Schedule } from "@steepest/optim";
import { algoperfCompetition, nadamwHyper, optListPoints } from "./shared/nadamw.js";

/** Where the first and the second cosine wave end, as parts of the step hint. */
const waves = [0.53571619898, 0.75] as const;

/** CASPR by blocks of 1024, its roots anew every 20 steps, with three cosine waves one in the other. */
export const submission = fromOptimizer({
  name: "caspr_adaptive",
  title: "CASPR Adaptive",
  cite: algoperfCompetition,
  points: optListPoints,
  optimizer: (point) => ({
    name: "caspr",
    hyper: {
      ...nadamwHyper(point),
      ...{ blockSize: 1024, frequency: 20, start: 101, ridge: 1e-6, errorTolerance: 0.1 },
    },
    options: { root: "coupledNewton" },
  }),
  schedule: ({ warmup_factor }, { stepHint }) => nestedCosines(stepHint, warmup_factor),
});

/**
 * A first wave after the warm-up; then, to the end of the second and of the step hint, one each from the
 * height that a wave over the whole step hint has where it begins.
 */
function nestedCosines(stepHint: number, warmupFactor: number): Schedule {
  const [first, second] = waves.map((part) => Math.max(1, Math.floor(part * stepHint)));
  if (first === undefined || second === undefined || second <= first || stepHint <= second)
    return cosineSchedule.create({ steps: stepHint });
  const warmed = (steps: number) =>
    cosineSchedule.create({ steps, warmup: Math.floor(warmupFactor * steps) });
  const outer = warmed(stepHint);
  const lower = (from: number, steps: number): Schedule => {
    const height = outer(from + 1);
    const wave = cosineSchedule.create({ steps });
    return (step) => height * wave(step);
  };
  return joinSchedules(
    [warmed(first), lower(first, second - first), lower(second, stepHint - second)],
    [first, second],
  );
}
