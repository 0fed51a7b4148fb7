import { realpath } from "node:fs/promises";
import { takeFolder } from "@steepest/train";
import type { BatchEngine, EngineBench, SubmittedTrials } from "../engines/engine.js";
import { type KubernetesJob, type KubernetesSettings, kubernetesJob } from "../engines/kubernetes.js";
import { createSlurmEngine } from "../engines/slurm/slurm.js";
import type { EngineSettings } from "./configuration.js";
import { benchFolders } from "./folder.js";
import type { BenchPlan } from "./plan.js";
import { type BenchStatus, benchStatus } from "./status.js";
import { countTrials } from "./trials.js";

/** The scheduler of an engine's settings; undefined where trials run in this process' own workers, or by hand. */
export const schedulerOf = (settings: EngineSettings): BatchEngine | undefined =>
  settings.kind === "slurm" ? createSlurmEngine(settings) : undefined;

/**
 * A bench as schedulers take it.
 * @param command how `steepest` is called, as words
 */
export const benchForEngine = async (
  folder: string,
  plan: BenchPlan,
  command: readonly string[],
): Promise<EngineBench> => ({ folder: await realpath(folder), trials: countTrials(plan), command });

/** What was handed to a scheduler, and how the bench stood then. */
export interface SubmittedBench extends SubmittedTrials {
  readonly status: BenchStatus;
}

/**
 * Hands the trials of a plan that have no outcome to its scheduler, in its folder.
 * @throws SteepestError `misuse` where the folder holds another plan or another process uses it, and what the
 *   scheduler refuses
 */
export async function submitBench(
  folder: string,
  plan: BenchPlan,
  engine: BatchEngine,
  command: readonly string[],
): Promise<SubmittedBench> {
  const hold = await takeFolder(folder);
  try {
    await benchFolders.claim(hold, plan);
    const status = benchStatus(folder, plan);
    const bench = await benchForEngine(folder, plan, command);
    return { status, ...(await engine.submit(bench, status.missing)) };
  } finally {
    await hold.release();
  }
}

/**
 * Makes a folder the place of a plan whose trials Kubernetes carries out.
 * @returns the job that does
 * @throws SteepestError `misuse` where the folder holds another plan or another process uses it
 */
export async function jobOfBench(
  folder: string,
  plan: BenchPlan,
  settings: KubernetesSettings,
): Promise<KubernetesJob> {
  const hold = await takeFolder(folder);
  try {
    await benchFolders.claim(hold, plan);
  } finally {
    await hold.release();
  }
  return kubernetesJob(plan.name, { trials: countTrials(plan) }, settings);
}
