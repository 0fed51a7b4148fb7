import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import { type FolderHold, readTextIfPresent } from "@steepest/files";
import { forgetPeak } from "@steepest/memory";
import { SteepestError } from "@steepest/optim";
import {
  type CompletedRun,
  inspectRun,
  type Measurement,
  parseJson,
  resumeRun,
  takeFolder,
  train,
  withFolderLocked,
} from "@steepest/train";
import type { Workload } from "@steepest/workloads";
import { z } from "zod";
import { hyperparametersOf, type TrialConfiguration, trainingOf } from "./configuration.js";
import { trialFiles } from "./layout.js";
import { recordPeakMemory } from "./peakMemory.js";

const failureSchema = z.strictObject({
  kind: z.enum(["diverged", "failed"]),
  reason: z.string(),
  /** The end of what the process wrote to stderr. */
  log: z.string(),
});

/**
 * Why a trial has no result: `diverged` is a finding about the optimizer, `failed` one about the process that
 * ran it.
 */
export type TrialFailure = Readonly<z.infer<typeof failureSchema>>;

/** How a trial ended. */
export type TrialOutcome =
  | { readonly kind: "completed"; readonly result: CompletedRun }
  | TrialFailure
  | { readonly kind: "interrupted" };

/** How a trial is carried out; nothing here changes its bits. */
export interface TrialOptions {
  /** The workload where it is loaded already or not a registered one. */
  readonly workload?: Workload;
  /** Stops the trial with a checkpoint, from which the next run of it goes on. */
  readonly signal?: AbortSignal;
}

/**
 * The outcome that a folder holds; undefined where the trial has not come to its end, or failed for reasons
 * outside it and is due again.
 * @throws SteepestError `malformed-file` for a damaged file
 */
export async function readOutcome(folder: string): Promise<TrialOutcome | undefined> {
  try {
    const failure = await readFailure(folder);
    if (failure?.kind === "diverged") return failure;
    const status = await inspectRun(folder);
    return status.kind === "complete" ? { kind: "completed", result: status.result } : undefined;
  } catch (error) {
    if (!isDamage(error)) throw error;
    const { code, problem } = error;
    throw new SteepestError(
      code,
      problem,
      "Put the file back, or remove this trial's folder: the trial is then run again",
      { cause: error },
    );
  }
}

/** As {@link readOutcome}; a damaged record is no outcome. */
export const readableOutcome = (folder: string): Promise<TrialOutcome | undefined> =>
  readOutcome(folder).catch((error: unknown) => {
    if (!isDamage(error)) throw error;
    return undefined;
  });

const isDamage = (error: unknown): error is SteepestError =>
  error instanceof SteepestError && error.code === "malformed-file";

/** The failure that a folder records, undefined where it records none. */
export async function readFailure(folder: string): Promise<TrialFailure | undefined> {
  const path = join(folder, trialFiles.failure);
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseFailure(text, path);
}

/**
 * Reads the record of a failure.
 * @throws SteepestError `malformed-file` where it is damaged
 */
export const parseFailure = (text: string, where: string): TrialFailure =>
  parseJson(text, failureSchema, where);

/**
 * Records that a trial was given up, unless its folder holds an outcome.
 * @returns the outcome that the folder holds then
 * @throws SteepestError `misuse` where another process uses the folder
 */
export async function recordFailure(folder: string, failure: TrialFailure): Promise<TrialOutcome> {
  const hold = await takeFolder(folder);
  try {
    // A damaged result stays where it is, for people to look at.
    const outcome = await readableOutcome(folder);
    if (outcome !== undefined) return outcome;
    await hold.writeJson(trialFiles.failure, failure);
    return failure;
  } finally {
    await hold.release();
  }
}

/**
 * Runs a trial in its folder, or what is left of it: a complete trial gives its outcome at once, a partial
 * one goes on from its checkpoint. The file that marks it complete (`result.json`, or `failure.json` where it
 * diverged) is written last and whole. A complete trial has no checkpoint: a comparison needs its logs, not
 * its weights.
 *
 * @throws SteepestError for names and data that do not fit, and for damaged files; `misuse` where another
 *   process uses the folder
 */
export async function* runTrial(
  folder: string,
  trial: TrialConfiguration,
  options: TrialOptions = {},
): AsyncGenerator<Measurement, TrialOutcome> {
  const outcome = await readOutcome(folder);
  if (outcome !== undefined) return outcome;
  return yield* withFolderLocked(folder, (hold) => runHeld(hold, trial, options));
}

async function* runHeld(
  hold: FolderHold,
  trial: TrialConfiguration,
  { workload, signal }: TrialOptions,
): AsyncGenerator<Measurement, TrialOutcome> {
  // Whoever had the folder until now may have brought the trial to its end.
  const outcome = await readOutcome(hold.folder);
  if (outcome !== undefined) return outcome;
  // What this process held for the trials before is none of this one's.
  forgetPeak();
  await describe(hold, trial);
  await hold.remove(trialFiles.failure);
  try {
    const result = yield* trainOrResume(hold, trial, workload, signal);
    return result.outcome === "interrupted" ? { kind: "interrupted" } : { kind: "completed", result };
  } catch (error) {
    if (!(error instanceof SteepestError) || error.code !== "non-finite") throw error;
    const failure: TrialFailure = { kind: "diverged", reason: error.message, log: "" };
    await hold.writeJson(trialFiles.failure, failure);
    return failure;
  }
}

async function* trainOrResume(
  hold: FolderHold,
  trial: TrialConfiguration,
  workload: Workload | undefined,
  signal: AbortSignal | undefined,
) {
  const asked = await trainingOf(trial);
  const config = { ...asked, workload: workload ?? asked.workload };
  const options = {
    keepCheckpoint: false,
    beforeResult: () => recordPeakMemory(hold),
    ...(signal === undefined ? {} : { signal }),
  };
  if ((await inspectRun(hold.folder)).kind === "absent")
    return yield* train({ ...config, folder: hold, ...options });
  return yield* resumeRun(hold, {
    expect: config,
    ...("create" in config.optimizer ? { method: config.optimizer } : {}),
    ...(workload === undefined ? {} : { workload }),
    ...options,
  });
}

/** Writes the files of AlgoPerf's layout that say what is run and on what. */
async function describe(hold: FolderHold, trial: TrialConfiguration): Promise<void> {
  // One after the other would wait for the disk three times.
  await Promise.all([
    hold.writeJson(trialFiles.hyperparameters, hyperparametersOf(trial)),
    hold.writeJson(trialFiles.flags, trial),
    hold.writeJson(trialFiles.machine, {
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      platform: platform(),
      architecture: arch(),
      node: process.version,
    }),
  ]);
}
