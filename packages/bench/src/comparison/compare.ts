import type { FolderHold } from "@steepest/files";
import { withFolderLocked } from "@steepest/train";
import { type PoolEvent, type PoolJob, type PoolOptions, runPool } from "../pool/localPool.js";
import type { OptimizerTrial } from "../trial/configuration.js";
import { trialFolder } from "../trial/layout.js";
import { readOutcome } from "../trial/trial.js";
import { type ComparisonPlan, comparisonFolders } from "./plan.js";
import { readTrialRecord, type TrialRecord } from "./record.js";
import { type Comparison, summarise } from "./summary.js";

/** A trial of a comparison: `submission`, `point` and `seed` count from 0 in its plan. */
export interface ComparisonJob extends PoolJob {
  readonly submission: number;
  readonly point: number;
  readonly seed: number;
  readonly trial: OptimizerTrial;
}

/** What a comparison reports while it runs. `complete` counts the trials found complete when it began. */
export type ComparisonEvent =
  | { readonly kind: "begin"; readonly total: number; readonly complete: number }
  | PoolEvent<ComparisonJob>;

/** A comparison that its signal stopped; run again on the same folder it goes on where it was. */
export interface InterruptedComparison {
  readonly outcome: "interrupted";
  readonly complete: number;
  readonly total: number;
}

/** How a comparison is carried out; only `folder` decides what is found complete already. */
export interface CompareOptions extends PoolOptions {
  readonly folder: string;
}

/**
 * All trials of a plan: seed by seed, so that an interrupted comparison has whole seeds, and slow spells fall
 * on all optimizers alike.
 */
export function comparisonJobs(folder: string, plan: ComparisonPlan): readonly ComparisonJob[] {
  return plan.seeds.flatMap((seed, seedIndex) =>
    plan.submissions.flatMap(({ name, points, schedule }, submission) =>
      points.map(({ optimizer }, point) => ({
        submission,
        point,
        seed: seedIndex,
        folder: trialFolder(folder, {
          submission: name,
          study: seedIndex + 1,
          workload: plan.workload,
          trial: point + 1,
        }),
        trial: {
          workload: plan.workload,
          optimizer,
          ...(schedule === undefined ? {} : { schedule }),
          batchSize: plan.batchSize,
          steps: plan.steps,
          seed,
          target: plan.target.value,
          evaluateEvery: plan.evaluateEvery,
        },
      })),
    ),
  );
}

/**
 * Carries out a plan: runs the trials that its folder lacks in worker processes, then judges all of them.
 * Trials that the folder holds complete are not run again, so that the same call resumes what was
 * interrupted.
 *
 * @throws SteepestError `misuse` where the folder holds another plan or another process uses it,
 *   `invalid-value` where it holds something else or cannot be made, `malformed-file` for damaged files
 */
export async function* compare(
  plan: ComparisonPlan,
  options: CompareOptions,
): AsyncGenerator<ComparisonEvent, Comparison | InterruptedComparison> {
  const { folder, ...pool } = options;
  return yield* withFolderLocked(folder, (hold) => compareHeld(hold, plan, pool));
}

async function* compareHeld(
  hold: FolderHold,
  plan: ComparisonPlan,
  pool: PoolOptions,
): AsyncGenerator<ComparisonEvent, Comparison | InterruptedComparison> {
  await comparisonFolders.claim(hold, plan);
  const jobs = comparisonJobs(hold.folder, plan);
  const missing: ComparisonJob[] = [];
  for (const job of jobs) if ((await readOutcome(job.folder)) === undefined) missing.push(job);
  yield { kind: "begin", total: jobs.length, complete: jobs.length - missing.length };
  let remaining = missing.length;
  for await (const event of runPool(missing, pool)) {
    // A coordinator that was held up for long may find that another goes on with its comparison.
    if (event.kind === "started") await hold.confirm();
    if (event.kind === "finished" && event.outcome.kind !== "interrupted") remaining--;
    yield event;
  }
  if (remaining > 0) return { outcome: "interrupted", complete: jobs.length - remaining, total: jobs.length };
  const records: TrialRecord[] = [];
  for (const { submission, point, seed, folder: trial } of jobs) {
    records.push({ submission, point, seed, ...(await readTrialRecord(trial)) });
  }
  return summarise(plan, records);
}
