/** What an engine needs to know of a bench. */
export interface EngineBench {
  /** The folder that the bench fills, absolute; on a cluster, one that every node sees under this path. */
  readonly folder: string;
  /** How many trials the plan has: their indices go from 0. */
  readonly trials: number;
  /** How `steepest` is called, as words: what stands before `bench trial --plan P --index I`. */
  readonly command: readonly string[];
}

/** What was handed over. */
export interface SubmittedTrials {
  /** How many of the missing trials are on their way now; the others were already. */
  readonly trials: number;
  /** The scheduler's names of the jobs that carry them. */
  readonly jobs: readonly string[];
}

/** The trials that a scheduler holds, by index. */
export interface QueuedTrials {
  readonly waiting: ReadonlySet<number>;
  readonly running: ReadonlySet<number>;
  /** Why trials wait, in the scheduler's words, with the number of trials. */
  readonly reasons: ReadonlyMap<string, number>;
}

/**
 * An engine that hands trials over to a scheduler and returns. It keeps no record of its own: the scheduler
 * says what goes on, and the trials' folders say what came of it. So a coordinator may be killed at any
 * moment, and whoever looks next, on whatever machine, finds everything.
 */
export interface BatchEngine {
  /** Hands over the trials of these indices, but for those that the scheduler holds already. */
  submit(bench: EngineBench, missing: readonly number[]): Promise<SubmittedTrials>;
  queue(bench: EngineBench): Promise<QueuedTrials>;
  /**
   * Takes all trials of the bench from the scheduler and waits for their end. Running ones save a checkpoint.
   * @returns how many were waiting or running
   */
  cancel(bench: EngineBench): Promise<number>;
}

/** The command that carries out one trial: these words and the trial's index. */
export const trialCommand = ({ command, folder }: EngineBench): readonly string[] => [
  ...command,
  "bench",
  "trial",
  "--plan",
  folder,
  "--index",
];
