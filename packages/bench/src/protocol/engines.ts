import { realpath } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { folderHolder } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { takeFolder } from "@steepest/train";
import type { BatchEngine, EngineBench, QueuedTrials, SubmittedTrials } from "../engines/engine.js";
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

/** What goes on in a bench now. */
export interface BenchActivity {
  /** The process that runs it on local workers. */
  readonly coordinator?: { readonly pid: number; readonly host: string | undefined };
  /** What its scheduler holds of it. */
  readonly queue?: QueuedTrials;
}

/** Looks what goes on in a bench. @throws SteepestError where its scheduler does not answer */
export async function benchActivity(folder: string, plan: BenchPlan): Promise<BenchActivity> {
  const coordinator = await folderHolder(folder);
  const queue = await schedulerOf(plan.engine)?.queue(await benchForEngine(folder, plan, []));
  return {
    ...(coordinator === undefined ? {} : { coordinator }),
    ...(queue === undefined ? {} : { queue }),
  };
}

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
  const unlock = await takeFolder(folder);
  try {
    await benchFolders.claim(folder, plan);
    const status = await benchStatus(folder, plan);
    const bench = await benchForEngine(folder, plan, command);
    return { status, ...(await engine.submit(bench, status.missing)) };
  } finally {
    await unlock();
  }
}

/** How long a coordinator gets to save what its workers do, in seconds. */
const cancelPatience = 30;
const pollingPeriod = 100;

/**
 * Ends what goes on in a bench; running trials keep a checkpoint.
 * @returns what was ended; empty where nothing went on
 * @throws SteepestError `misuse` where it goes on in a process of another machine or user, or does not end
 */
export async function cancelBench(folder: string, plan: BenchPlan): Promise<readonly string[]> {
  const ended: string[] = [];
  const holder = await folderHolder(folder);
  if (holder !== undefined) {
    if (!holder.isHere) throw runsElsewhere(holder.host);
    signalEnd(holder.pid);
    const deadline = performance.now() + cancelPatience * 1e3;
    while ((await folderHolder(folder))?.pid === holder.pid) {
      if (performance.now() > deadline) throw doesNotEnd(holder.pid);
      await wait(pollingPeriod);
    }
    ended.push(`process ${holder.pid} and its workers`);
  }
  const engine = schedulerOf(plan.engine);
  if (engine !== undefined) {
    const trials = await engine.cancel(await benchForEngine(folder, plan, []));
    if (trials > 0) ended.push(`${trials} of the scheduler's trials`);
  }
  return ended;
}

/** Tells a process to end; one that is gone already has. */
function signalEnd(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ESRCH") return;
    throw code === "EPERM" ? isAnothers(pid, cause) : cause;
  }
}

const runsElsewhere = (host: string | undefined): SteepestError =>
  new SteepestError(
    "misuse",
    `the bench runs on another machine${host === undefined ? "" : `, ${host}`}`,
    "Run the same command there",
  );

const doesNotEnd = (pid: number): SteepestError =>
  new SteepestError(
    "misuse",
    `process ${pid} was told to end and still runs after ${cancelPatience} s`,
    `End it with: kill -9 ${pid}; the bench goes on from its checkpoints`,
  );

const isAnothers = (pid: number, cause: unknown): SteepestError =>
  new SteepestError(
    "misuse",
    `process ${pid}, which runs the bench, belongs to another user`,
    `Run the same command as that user: ps -o user= -p ${pid}`,
    { cause },
  );
