import { type Hyperparameters, tuningPoints } from "@steepest/bench";
import type { Settings } from "../run/settings.js";
import { lossOf, makeRun, type RaceContext } from "../run/trainings.js";
import type { LoadedSubmission } from "../submission/load.js";
import { estimateStopStep, type Training } from "./stopStep.js";

/** One point of the search; its loss is infinite where training diverged. */
export interface TriedPoint {
  readonly hyperparameters: Hyperparameters;
  readonly loss: number;
}

/** What tuning found, with everything that it tried. */
export interface Tuning {
  readonly settings: Settings;
  /** The steps and the seed of every point. */
  readonly steps: number;
  readonly seed: number;
  readonly points: readonly TriedPoint[];
  /** The trainings that sought the stop step, that of the best point among them. */
  readonly trainings: readonly Training[];
  /** Whether the target seemed out of reach within the track's most steps, which `settings` then has. */
  readonly outOfReach: boolean;
}

/**
 * Tunes a submission by the track's budget, the same for every one: first quasi-random points of its space,
 * each trained for the same few steps, then, with the best of them, the stop step, by trainings whose lengths
 * follow the loss over ln(steps). All on one seed, on which no run is judged.
 *
 * @throws Interruption where the executor's signal ends it; what is complete is kept and read the next time
 */
export async function tuneSubmission(context: RaceContext, loaded: LoadedSubmission): Promise<Tuning> {
  const { track } = context;
  const { points: count, steps, seed, stopTrainings, stopMultiple, margin } = track.tuning;
  const { name } = loaded.submission;

  const candidates = tuningPoints(loaded.submission, { trials: count, study: 1, seed });
  const points = await Promise.all(
    candidates.map(async (hyperparameters, index): Promise<TriedPoint> => {
      const purpose = `point_${index + 1}`;
      const label = `${name}, point ${index + 1} of ${candidates.length}`;
      const run = await makeRun(context, loaded, { hyperparameters, steps }, { seed, purpose, label });
      return { hyperparameters, loss: lossOf(run) };
    }),
  );
  const best = points.reduce((a, b) => (b.loss < a.loss ? b : a));
  const { hyperparameters } = best;

  const search = { goal: track.target.loss - margin, cap: track.steps, multiple: stopMultiple };
  const trainings: Training[] = [{ steps, loss: best.loss }];
  let estimate = estimateStopStep(trainings, search);
  for (let made = 0; made < stopTrainings && !estimate.settled; made++) {
    const settings = { hyperparameters, steps: estimate.steps };
    const label = `${name}, stop step ${estimate.steps}?`;
    const run = await makeRun(context, loaded, settings, { seed, purpose: `steps_${estimate.steps}`, label });
    trainings.push({ steps: estimate.steps, loss: lossOf(run) });
    estimate = estimateStopStep(trainings, search);
  }
  return {
    settings: { hyperparameters, steps: estimate.steps },
    ...{ steps, seed, points, trainings, outOfReach: estimate.beyondCap },
  };
}
