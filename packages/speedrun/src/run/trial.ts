import type { TrialConfiguration } from "@steepest/bench";
import type { LoadedSubmission } from "../submission/load.js";
import type { Track } from "../track/track.js";
import type { Settings } from "./settings.js";

/** Reports of the training loss in a run's log. */
const reports = 40;

/**
 * One training run of a submission under a track's rules, as bench's workers carry it out: to its stop step
 * and not a step less or more, whatever it has reached before. Where nobody looks at its course, as in
 * tuning, it is evaluated at its end alone.
 */
export const trialOf = (
  track: Track,
  { path }: Pick<LoadedSubmission, "path">,
  { hyperparameters, steps }: Settings,
  { seed, course = false }: { readonly seed: number; readonly course?: boolean },
): TrialConfiguration => ({
  ...{ workload: track.workload, submission: path, hyperparameters, seed },
  ...{ batchSize: track.batch.sequences, steps, target: track.target.loss, stopAtTarget: false },
  evaluateEvery: course ? Math.min(track.evaluateEvery, steps) : steps,
  warmUpSteps: track.warmUpSteps,
  reportEvery: Math.max(1, Math.round(steps / reports)),
  checkpointEvery: track.evaluateEvery,
  ...(track.changes === "optimizer" ? { optimizerOnly: true } : {}),
});
