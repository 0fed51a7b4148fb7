import type { TrialLog } from "./logs/collect.js";
import type { Hit } from "./logs/measurements.js";
import { naturalOrder } from "./logs/naturalOrder.js";
import type { Ruleset, WorkloadTarget } from "./rules/ruleset.js";

/** Where the official scorer has a peculiarity: follow it, or do what its rules mean. */
export type ScoringMode = "official" | "exact";

/** The times to target of one study. */
export interface StudyTimes {
  readonly name: string;
  /** Of each workload: infinite where the target was not reached, NaN where there is no log. */
  readonly seconds: readonly number[];
}

/** The studies of one submission. */
export interface SubmissionTimes {
  readonly name: string;
  readonly studies: readonly StudyTimes[];
}

/** All that a score is computed from. */
export interface TimesToTarget {
  readonly workloads: readonly WorkloadTarget[];
  readonly submissions: readonly SubmissionTimes[];
}

/** The logs behind the numbers of {@link TimesToTarget}. */
export interface Evidence {
  /** The usable trials of a submission on a workload in a study. */
  trials(submission: string, study: string, workload: string): readonly TrialLog[];
}

/** A trial that met the target. */
export type SolvedTrial = TrialLog & { readonly hit: Hit };

const solved = (trial: TrialLog): trial is SolvedTrial => trial.hit !== undefined;

/**
 * The trial that stands for a study: officially the one with the fewest evaluations before the target, of
 * several the fastest (the official scorer takes the first that its file system names); exactly, the fastest.
 * Undefined where none met the target.
 */
export function bestTrial(trials: readonly TrialLog[], mode: ScoringMode): SolvedTrial | undefined {
  const before = (a: Hit, b: Hit): boolean =>
    mode === "official" && a.row !== b.row ? a.row < b.row : a.seconds < b.seconds;
  return trials
    .filter(solved)
    .reduce<SolvedTrial | undefined>(
      (best, trial) => (best === undefined || before(trial.hit, best.hit) ? trial : best),
      undefined,
    );
}

const keyOf = (...parts: readonly string[]): string => parts.join("/");

/** Groups the usable trials by submission, study and workload. */
export function evidenceOf(trials: readonly TrialLog[]): Evidence {
  const groups = new Map<string, TrialLog[]>();
  for (const trial of trials) {
    if (trial.unusable) continue;
    const key = keyOf(trial.submission, trial.study, trial.workload);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  return { trials: (submission, study, workload) => groups.get(keyOf(submission, study, workload)) ?? [] };
}

/** The table of times to target. Held-out workloads without a single log are left out of it. */
export function timesToTarget(
  trials: readonly TrialLog[],
  evidence: Evidence,
  ruleset: Ruleset,
  mode: ScoringMode,
): TimesToTarget {
  const present = new Set(trials.map(({ workload }) => workload));
  const workloads = ruleset.workloads.filter(({ name, base }) => base === undefined || present.has(name));
  const names = new Map<string, Set<string>>();
  for (const { submission, study } of trials) {
    const studies = names.get(submission) ?? new Set();
    names.set(submission, studies.add(study));
  }
  const secondsOf = (submission: string, study: string, workload: string): number => {
    const group = evidence.trials(submission, study, workload);
    if (group.length === 0) return Number.NaN;
    return bestTrial(group, mode)?.hit.seconds ?? Number.POSITIVE_INFINITY;
  };
  return {
    workloads,
    submissions: [...names].map(([name, studies]) => ({
      name,
      studies: [...studies].toSorted(naturalOrder).map((study) => ({
        name: study,
        seconds: workloads.map((workload) => secondsOf(name, study, workload.name)),
      })),
    })),
  };
}
