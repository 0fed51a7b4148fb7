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

/** What a run is made for. */
export interface RunPurpose {
  readonly seed: number;
  /** Names its folder: `point_3`, `final_0`. */
  readonly purpose: string;
  /** Names it to people. */
  readonly label: string;
  /** Whether it is evaluated on the way, not at its end alone. */
  readonly course?: boolean;
}

/** A run that is over, and its folder. */
export interface FinishedRun {
  readonly seed: number;
  readonly folder: string;
  readonly outcome: RunOutcome;
}

/**
 * Makes one run of a submission, or reads it where it is complete.
 * @throws SteepestError `state-mismatch` where the workload is not what the track says
 */
export async function makeRun(
  { track, folder: root, executor, priority = 0 }: RaceContext,
  loaded: LoadedSubmission,
  settings: Settings,
  { purpose, label, ...course }: RunPurpose,
): Promise<FinishedRun> {
  const trial = trialOf(track, loaded, settings, course);
  const folder = runFolder(root, loaded, purpose, trial);
  const outcome = await executor.run({ folder, trial, label, priority });
  if (outcome.kind === "completed") checkResult(track, outcome.result);
  return { seed: course.seed, folder, outcome };
}

/** The loss that a run ended with, infinity where it diverged. */
export const lossOf = ({ outcome }: FinishedRun): number =>
  outcome.kind === "completed" ? outcome.result.validation.loss : Number.POSITIVE_INFINITY;
