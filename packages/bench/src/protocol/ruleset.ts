import type { ScoringClock } from "../scoring/rules/clock.js";
import type { Ruleset } from "../scoring/rules/ruleset.js";
import type { ScoringFlags } from "../scoring/rules/runTargets.js";
import { type BenchPlan, type PlannedWorkload, trialsOfStudy } from "./plan.js";

/** The budget on the clock that is scored; undefined where there is none. */
const budgetOn = (clock: ScoringClock, { steps, cpuSeconds, seconds }: PlannedWorkload): number | undefined =>
  ({ steps, cpu: cpuSeconds, wall: seconds })[clock];

/** How the logs of a workload are scored. */
export function scoringOf({ clock }: BenchPlan, workload: PlannedWorkload): ScoringFlags {
  const { metric, direction, stepHint, base } = workload;
  const budget = budgetOn(clock, workload);
  return {
    ...{ metric, direction, clock, stepHint },
    ...(budget === undefined ? {} : { budget }),
    ...(base === undefined ? {} : { base }),
  };
}

/** What the logs of a bench are held against. Its budgets are those of its own rules already. */
export function rulesetOfPlan(plan: BenchPlan): Ruleset {
  const { name, studies, submissions, workloads } = plan;
  return {
    ...{ name, studies, selfTuningBudget: 1 },
    trials: Math.max(...submissions.map(trialsOfStudy)),
    workloads: workloads.map((workload) => ({
      ...{ name: workload.name, target: workload.target },
      ...scoringOf(plan, workload),
    })),
  };
}
