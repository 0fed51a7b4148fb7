import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SteepestError } from "@steepest/optim";
import { type CompletedRun, parseResult, runFiles } from "@steepest/train";
import { trialFiles } from "../trial/layout.js";
import { parseFailure, type TrialOutcome } from "../trial/trial.js";
import type { BenchPlan } from "./plan.js";
import { countTrials, folderOfTrial, trialOf } from "./trials.js";

/**
 * What a trial's folder says: `completed` and `diverged` are outcomes; `failed` was given up and is due again
 * at the next run, and so is `damaged`, whose outcome cannot be read; `begun` has a checkpoint or logs;
 * `absent` has not begun.
 */
export type TrialState = "completed" | "diverged" | "failed" | "damaged" | "begun" | "absent";

/** How many trials stand how. */
export type StateCounts = Readonly<Record<TrialState, number>>;

/** How one trial stands. */
export interface TrialFinding {
  readonly state: TrialState;
  /** Whether it has reached its target. */
  readonly reached: boolean;
  /** What is wrong with the record of its outcome, where that is damaged. */
  readonly damage?: string;
}

/** How a bench stands, from its folders alone. */
export interface BenchStatus {
  readonly total: number;
  readonly counts: StateCounts;
  /** In the order of the plan, each with the number of its trials that have reached their targets. */
  readonly submissions: readonly {
    readonly name: string;
    readonly counts: StateCounts;
    readonly reached: number;
  }[];
  /** By the trials' numbers. */
  readonly trials: readonly TrialFinding[];
  /** The trials without an outcome, in their order. */
  readonly missing: readonly number[];
}

const none: StateCounts = { completed: 0, diverged: 0, failed: 0, damaged: 0, begun: 0, absent: 0 };

/** Looks which trials of a plan have an outcome. */
export function benchStatus(folder: string, plan: BenchPlan): BenchStatus {
  // A folder that is not there has no trials in it: most of a large bench that has just begun.
  let [parent, parentExists] = ["", false];
  const trials = Array.from({ length: countTrials(plan) }, (_, index) => {
    const path = folderOfTrial(folder, trialOf(plan, index));
    if (dirname(path) !== parent) {
      parent = dirname(path);
      parentExists = existsSync(parent);
    }
    return parentExists ? findingIn(path) : absent;
  });
  return statusOf(plan, trials);
}

/** How a bench stands after some of its trials were run, by their numbers. */
export function statusAfter(
  folder: string,
  plan: BenchPlan,
  { trials }: BenchStatus,
  ran: ReadonlyMap<number, TrialOutcome>,
): BenchStatus {
  const findings = trials.map((before, index) => {
    const outcome = ran.get(index);
    if (outcome === undefined) return before;
    return outcome.kind === "completed"
      ? completed(outcome.result)
      : findingIn(folderOfTrial(folder, trialOf(plan, index)));
  });
  return statusOf(plan, findings);
}

/** A trial without an outcome. */
const unfinished = (state: Exclude<TrialState, "completed" | "damaged">): TrialFinding => ({
  state,
  reached: false,
});
const absent = unfinished("absent");

const completed = ({ target }: CompletedRun): TrialFinding => ({
  state: "completed",
  reached: target?.reached === true,
});

/** What the folder of a trial says. */
function findingIn(folder: string): TrialFinding {
  try {
    const result = textIn(folder, runFiles.result);
    const isRun = existsSync(join(folder, runFiles.configuration));
    // As when a run is opened: without its configuration nothing else of it counts.
    if (result !== undefined && isRun) return completed(parseResult(result, join(folder, runFiles.result)));
    const failure = textIn(folder, trialFiles.failure);
    if (failure !== undefined)
      return unfinished(parseFailure(failure, join(folder, trialFiles.failure)).kind);
    return isRun ? unfinished("begun") : absent;
  } catch (error) {
    if (!(error instanceof SteepestError)) throw error;
    return { state: "damaged", reached: false, damage: error.problem };
  }
}

/** At once, as a hundred thousand files are read: handing each to another thread would take longer. */
function textIn(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  // Asking first is cheaper than an error for each of many files that are not there.
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function statusOf(plan: BenchPlan, trials: readonly TrialFinding[]): BenchStatus {
  const submissions = new Map(
    plan.submissions.map(({ name }) => [name, { counts: { ...none }, reached: 0 }]),
  );
  const missing: number[] = [];
  trials.forEach(({ state, reached }, index) => {
    const of = submissions.get(trialOf(plan, index).place.submission);
    if (of === undefined) return;
    of.counts[state]++;
    if (reached) of.reached++;
    if (state !== "completed" && state !== "diverged") missing.push(index);
  });
  const all = [...submissions].map(([name, found]) => ({ name, ...found }));
  return {
    total: trials.length,
    counts: all.map(({ counts }) => counts).reduce(added, none),
    ...{ submissions: all, trials, missing },
  };
}

const added = (a: StateCounts, b: StateCounts): StateCounts => ({
  completed: a.completed + b.completed,
  diverged: a.diverged + b.diverged,
  failed: a.failed + b.failed,
  damaged: a.damaged + b.damaged,
  begun: a.begun + b.begun,
  absent: a.absent + b.absent,
});
