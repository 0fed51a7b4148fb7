import { type PoolEvent, type PoolJob, type PoolOptions, runPool } from "../pool/localPool.js";
import type { BenchPlan } from "../protocol/plan.js";
import { type BenchTrial, configurationOfTrial, folderOfTrial, trialOf } from "../protocol/trials.js";

/** A trial of a bench as workers get it. */
export interface BenchJob extends PoolJob {
  readonly of: BenchTrial;
}

/** What happens to the trials of a bench. */
export type BenchJobEvent = PoolEvent<BenchJob>;

/** Further attempts at a trial before it is recorded as failed. */
const retries = 2;

/** A trial of a plan, ready for a worker. */
export function jobOfTrial(folder: string, plan: BenchPlan, index: number): BenchJob {
  const trial = trialOf(plan, index);
  return { of: trial, folder: folderOfTrial(folder, trial), trial: configurationOfTrial(plan, trial) };
}

/** Carries out trials of a plan in worker processes of this machine, in the order given. */
export function runLocally(
  folder: string,
  plan: BenchPlan,
  indices: readonly number[],
  options: Pick<PoolOptions, "workers" | "hangSeconds" | "signal"> = {},
): AsyncGenerator<BenchJobEvent, void> {
  // Made one at a time: most of a large bench is never reached in one go.
  function* jobs(): Generator<BenchJob> {
    for (const index of indices) yield jobOfTrial(folder, plan, index);
  }
  return runPool(jobs(), { retries, ...options });
}
