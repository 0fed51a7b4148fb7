import { setTimeout as wait } from "node:timers/promises";
import { folderHolder } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import type { QueuedTrials } from "../engines/engine.js";
import { benchForEngine, schedulerOf } from "./handover.js";
import type { BenchPlan } from "./plan.js";

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
