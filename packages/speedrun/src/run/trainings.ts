import type { LoadedSubmission } from "../submission/load.js";
import { checkResult } from "../track/check.js";
import type { Track } from "../track/track.js";
import type { Executor, RunOutcome } from "./executor.js";
import { runFolder } from "./folder.js";
import type { Settings } from "./settings.js";
import { trialOf } from "./trial.js";

/** Where and by whom the runs of a race are made. */
export interface RaceContext {
  readonly track: Track;
  /** The folder that keeps every run. */
  readonly folder: string;
  readonly executor: Executor;
  /** Of the submission among others that wait for the same executor. */
  readonly priority?: number;
}

/** A run that is over, and its folder. */
export interface FinishedRun {
  readonly seed: number;
  readonly folder: string;
  readonly outcome: RunOutcome;
}

/**
 * Makes one run of a submission, or reads it where it is complete.
 * @param purpose names its folder: `point_3`, `final`
 * @throws SteepestError `state-mismatch` where the workload is not what the track says
 */
export async function makeRun(
  { track, folder: root, executor, priority = 0 }: RaceContext,
  loaded: LoadedSubmission,
  settings: Settings,
  { seed, purpose, label }: { readonly seed: number; readonly purpose: string; readonly label: string },
): Promise<FinishedRun> {
  const trial = trialOf(track, loaded, settings, seed);
  const folder = runFolder(root, loaded, purpose, trial);
  const outcome = await executor.run({ folder, trial, label, priority });
  if (outcome.kind === "completed") checkResult(track, outcome.result);
  return { seed, folder, outcome };
}

/** The loss that a run ended with, infinity where it diverged. */
export const lossOf = ({ outcome }: FinishedRun): number =>
  outcome.kind === "completed" ? outcome.result.validation.loss : Number.POSITIVE_INFINITY;
