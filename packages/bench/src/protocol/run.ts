import type { FolderHold } from "@steepest/files";
import { withFolderLocked } from "@steepest/train";
import { type BenchJobEvent, runLocally } from "../engines/local.js";
import type { PoolOptions } from "../pool/localPool.js";
import { readOutcome, type TrialOutcome } from "../trial/trial.js";
import { benchFolders } from "./folder.js";
import type { BenchPlan } from "./plan.js";
import { type BenchStatus, benchStatus, statusAfter } from "./status.js";
import { folderOfTrial, trialOf } from "./trials.js";

/** What a bench reports while it runs; `begin` says how it stood when this run of it began. */
export type BenchEvent = { readonly kind: "begin"; readonly status: BenchStatus } | BenchJobEvent;

/** How a bench is carried out on this machine. */
export type RunBenchOptions = Pick<PoolOptions, "workers" | "hangSeconds" | "signal">;

/**
 * Carries out a plan in its folder: runs the trials that have no outcome in worker processes. The same call
 * resumes what was interrupted, by whatever.
 *
 * @returns how the bench stands at the end
 * @throws SteepestError `misuse` where the folder holds another plan or another process uses it,
 *   `invalid-value` where it holds something else or cannot be made, `unavailable` where the disk is full
 */
export async function* runBench(
  folder: string,
  plan: BenchPlan,
  options: RunBenchOptions = {},
): AsyncGenerator<BenchEvent, BenchStatus> {
  return yield* withFolderLocked(folder, (hold) => runHeld(hold, plan, options));
}

async function* runHeld(
  hold: FolderHold,
  plan: BenchPlan,
  options: RunBenchOptions,
): AsyncGenerator<BenchEvent, BenchStatus> {
  const { folder } = hold;
  await benchFolders.claim(hold, plan);
  const status = benchStatus(folder, plan);
  yield { kind: "begin", status };
  const ran = new Map<number, TrialOutcome>();
  for await (const event of runLocally(folder, plan, status.missing, options)) {
    // A coordinator that was held up for long may find that another goes on with its bench.
    if (event.kind === "started") await hold.confirm();
    if (event.kind === "finished") ran.set(event.job.of.index, event.outcome);
    yield event;
  }
  return statusAfter(folder, plan, status, ran);
}

/**
 * Carries out one trial of a plan, or what is left of it, in a worker process; one that has an outcome is
 * left alone. Undefined where the signal came before it began.
 * @throws SteepestError as {@link runBench}, and `invalid-value` where the plan has no such trial
 */
export async function runBenchTrial(
  folder: string,
  plan: BenchPlan,
  index: number,
  options: Omit<RunBenchOptions, "workers"> = {},
): Promise<TrialOutcome | undefined> {
  const outcome = await readOutcome(folderOfTrial(folder, trialOf(plan, index)));
  if (outcome !== undefined) return outcome;
  let last: TrialOutcome | undefined;
  for await (const event of runLocally(folder, plan, [index], { ...options, workers: 1 }))
    if (event.kind === "finished") last = event.outcome;
  return last;
}
