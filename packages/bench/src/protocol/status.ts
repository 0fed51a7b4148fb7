import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { runFiles } from "@steepest/train";
import { trialFiles } from "../trial/layout.js";
import { readFailure } from "../trial/trial.js";
import type { BenchPlan } from "./plan.js";
import { countTrials, folderOfTrial, trialOf } from "./trials.js";

/**
 * What a trial's folder says: `completed` and `diverged` are outcomes; `failed` was given up and is due again
 * at the next run; `begun` has a checkpoint or logs; `absent` has not begun.
 */
export type TrialState = "completed" | "diverged" | "failed" | "begun" | "absent";

/** How many trials stand how. */
export type StateCounts = Readonly<Record<TrialState, number>>;

/** How a bench stands, from its folders alone. */
export interface BenchStatus {
  readonly total: number;
  readonly counts: StateCounts;
  /** In the order of the plan. */
  readonly submissions: readonly { readonly name: string; readonly counts: StateCounts }[];
  /** The trials without an outcome, in their order. */
  readonly missing: readonly number[];
}

const none: StateCounts = { completed: 0, diverged: 0, failed: 0, begun: 0, absent: 0 };

/**
 * Looks which trials of a plan have an outcome.
 * @throws SteepestError `malformed-file` for a damaged record of a failure
 */
export async function benchStatus(folder: string, plan: BenchPlan): Promise<BenchStatus> {
  const total = countTrials(plan);
  const bySubmission = new Map(plan.submissions.map(({ name }) => [name, { ...none }]));
  const missing: number[] = [];
  // A folder that is not there has no trials in it: most of a large bench that has just begun.
  let [parent, parentExists] = ["", false];
  for (let index = 0; index < total; index++) {
    const trial = trialOf(plan, index);
    const path = folderOfTrial(folder, trial);
    if (dirname(path) !== parent) {
      parent = dirname(path);
      parentExists = existsSync(parent);
    }
    const state = parentExists ? await stateOf(path) : "absent";
    const counts = bySubmission.get(trial.place.submission);
    if (counts !== undefined) counts[state]++;
    if (state !== "completed" && state !== "diverged") missing.push(index);
  }
  const submissions = [...bySubmission].map(([name, counts]) => ({ name, counts }));
  return { total, counts: submissions.map(({ counts }) => counts).reduce(added, none), submissions, missing };
}

async function stateOf(folder: string): Promise<TrialState> {
  if (existsSync(join(folder, runFiles.result))) return "completed";
  if (existsSync(join(folder, trialFiles.failure))) return (await readFailure(folder))?.kind ?? "absent";
  return existsSync(join(folder, runFiles.configuration)) ? "begun" : "absent";
}

const added = (a: StateCounts, b: StateCounts): StateCounts => ({
  completed: a.completed + b.completed,
  diverged: a.diverged + b.diverged,
  failed: a.failed + b.failed,
  begun: a.begun + b.begun,
  absent: a.absent + b.absent,
});
