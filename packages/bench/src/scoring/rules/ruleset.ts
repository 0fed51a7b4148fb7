import { unknownName } from "@steepest/optim";
import { v05, v06 } from "./algoperf.js";
import type { ScoringClock } from "./clock.js";

/** A workload and when it counts as solved. */
export interface WorkloadTarget {
  /** As its folders are named, without the framework: `ogbg` for `ogbg_jax`. */
  readonly name: string;
  /** The column that is held against the target, e.g. `validation/accuracy`. */
  readonly metric: string;
  /** Whether the metric must come down to the target or up to it. */
  readonly direction: "min" | "max";
  readonly target: number;
  /** Training that a trial under external tuning may take, on its clock; without limit where absent. */
  readonly budget?: number;
  /** Which time of its logs counts; AlgoPerf's, wall time, where absent. */
  readonly clock?: ScoringClock;
  /** Steps that a submission may expect. */
  readonly stepHint?: number;
  /** The workload of which this is a held-out variant. */
  readonly base?: string;
}

/**
 * Who chooses hyper-parameters: a search outside the submission, or the submission alone in one longer trial.
 */
export type Tuning = "external" | "self";

/** What logs are held against. */
export interface Ruleset {
  readonly name: string;
  /** Studies of each submission; what the logs hold where absent. */
  readonly studies?: number;
  /** Trials of each study under external tuning. */
  readonly trials?: number;
  /** By how much a self-tuning trial may outlast an external one. */
  readonly selfTuningBudget: number;
  /** Base workloads and held-out variants. */
  readonly workloads: readonly WorkloadTarget[];
}

const rulesets: readonly Ruleset[] = [v05, v06];

/** Names of the published rulesets. */
export const rulesetNames: readonly string[] = rulesets.map(({ name }) => name);

/**
 * A published ruleset of AlgoPerf.
 * @throws SteepestError `unknown-name`, with the nearest one
 */
export function findRuleset(name: string): Ruleset {
  const found = rulesets.find((ruleset) => ruleset.name === name);
  if (found === undefined) throw unknownName("rules", name, rulesetNames);
  return found;
}

/** Training that a trial on a workload may take, on its clock; infinite without a budget. */
export const budgetOf = (
  { budget = Number.POSITIVE_INFINITY }: WorkloadTarget,
  { selfTuningBudget }: Ruleset,
  tuning: Tuning,
): number => budget * (tuning === "self" ? selfTuningBudget : 1);
