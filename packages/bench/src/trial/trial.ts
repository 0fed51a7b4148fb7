import { rm } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import { readTextIfPresent, writeJsonAtomically } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import {
  type CompletedRun,
  inspectRun,
  type Measurement,
  parseJson,
  resumeRun,
  runFiles,
  train,
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
  const failure = await readFailure(folder);
  if (failure?.kind === "diverged") return failure;
  const status = await inspectRun(folder);
  return status.kind === "complete" ? { kind: "completed", result: status.result } : undefined;
}

/** The failure that a folder records, undefined where it records none. */
export async function readFailure(folder: string): Promise<TrialFailure | undefined> {
  const path = join(folder, trialFiles.failure);
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseJson(text, failureSchema, path);
}

/** Records that a trial has no result, and why. */
export const recordFailure = (folder: string, failure: TrialFailure): Promise<void> =>
  writeJsonAtomically(join(folder, trialFiles.failure), failure);

/**
 * Runs a trial in its folder, or what is left of it: a complete trial gives its outcome at once, a partial
 * one goes on from its checkpoint. The file that marks it complete (`result.json`, or `failure.json` where it
 * diverged) is written last and whole. The checkpoint of a complete trial is removed: a comparison needs its
 * logs, not its weights.
 *
 * @throws SteepestError for names and data that do not fit, and for damaged files
 */
export async function* runTrial(
  folder: string,
  trial: TrialConfiguration,
  { workload, signal }: TrialOptions = {},
): AsyncGenerator<Measurement, TrialOutcome> {
  const outcome = await readOutcome(folder);
  if (outcome !== undefined) return outcome;
  await rm(join(folder, trialFiles.failure), { force: true });
  await describe(folder, trial);
  try {
    const result = yield* trainOrResume(folder, trial, workload, signal);
    if (result.outcome === "interrupted") return { kind: "interrupted" };
    await recordPeakMemory(folder);
    await rm(join(folder, runFiles.checkpoint), { force: true });
    return { kind: "completed", result };
  } catch (error) {
    if (!(error instanceof SteepestError) || error.code !== "non-finite") throw error;
    const failure: TrialFailure = { kind: "diverged", reason: error.message, log: "" };
    await recordFailure(folder, failure);
    return failure;
  }
}

async function* trainOrResume(
  folder: string,
  trial: TrialConfiguration,
  workload: Workload | undefined,
  signal: AbortSignal | undefined,
) {
  const asked = await trainingOf(trial);
  const config = { ...asked, workload: workload ?? asked.workload };
  const stop = signal === undefined ? {} : { signal };
  if ((await inspectRun(folder)).kind === "absent") return yield* train({ ...config, folder, ...stop });
  return yield* resumeRun(folder, {
    expect: config,
    ...("create" in config.optimizer ? { method: config.optimizer } : {}),
    ...(workload === undefined ? {} : { workload }),
    ...stop,
  });
}

/** Writes the files of AlgoPerf's layout that say what is run and on what. */
async function describe(folder: string, trial: TrialConfiguration): Promise<void> {
  await writeJsonAtomically(join(folder, trialFiles.hyperparameters), hyperparametersOf(trial));
  await writeJsonAtomically(join(folder, trialFiles.flags), trial);
  await writeJsonAtomically(join(folder, trialFiles.machine), {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    platform: platform(),
    architecture: arch(),
    node: process.version,
  });
}
