import { join } from "node:path";

/** Where a trial stands among its peers. Studies and trials count from 1, as in AlgoPerf's logs. */
export interface TrialPlace {
  readonly submission: string;
  readonly study: number;
  readonly workload: string;
  readonly trial: number;
}

/**
 * The folder of a trial in AlgoPerf's log layout:
 * `<root>/<submission>/study_<i>/<workload>_steepest/trial_<j>`.
 */
export const trialFolder = (root: string, { submission, study, workload, trial }: TrialPlace): string =>
  join(root, submission, `study_${study}`, `${workload}_steepest`, `trial_${trial}`);

/** The files that a trial's folder holds beside those of its training run. */
export const trialFiles = {
  hyperparameters: "hparams.json",
  flags: "flags_0.json",
  machine: "meta_data_0.json",
  memory: "memory.json",
  failure: "failure.json",
} as const;
