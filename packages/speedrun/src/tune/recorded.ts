import type { SpeedrunRecord } from "../record/record.js";
import type { Tuning } from "./tune.js";

/** A loss as JSON has it: null for the infinite one of a training that diverged. */
export const recordedLoss = (loss: number): number | null => (Number.isFinite(loss) ? loss : null);

/** Tuning as a record keeps it. */
export const recordedTuning = ({
  steps,
  seed,
  points,
  trainings,
  outOfReach,
}: Tuning): NonNullable<SpeedrunRecord["tuning"]> => ({
  ...{ steps, seed, outOfReach },
  points: points.map(({ hyperparameters, loss }) => ({
    hyperparameters: { ...hyperparameters },
    loss: recordedLoss(loss),
  })),
  trainings: trainings.map((training) => ({ ...training, loss: recordedLoss(training.loss) })),
});
