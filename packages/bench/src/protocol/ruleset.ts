import type { ScoringClock } from "../scoring/rules/clock.js";
import type { Ruleset, WorkloadTarget } from "../scoring/rules/ruleset.js";
import type { BenchPlan, PlannedWorkload } from "./plan.js";

/** The budget on the clock that is scored; undefined where there is none. */
export const budgetOn = (
  clock: ScoringClock,
  { steps, cpuSeconds, seconds }: Pick<PlannedWorkload, "steps" | "cpuSeconds" | "seconds">,
): number | undefined => (clock === "steps" ? steps : clock === "cpu" ? cpuSeconds : seconds);

/** What the logs of a bench are held against. Its budgets are those of its own rules already. */
export function rulesetOfPlan({ name, studies, submissions, workloads, clock }: BenchPlan): Ruleset {
  const trials = Math.max(...submissions.map((submission) => submission.trials));
  return {
    ...{ name, studies, trials, selfTuningBudget: 1 },
    workloads: workloads.map((workload): WorkloadTarget => {
      const { metric, direction, target, steps, base } = workload;
      const budget = budgetOn(clock, workload);
      return {
        ...{ name: workload.name, metric, direction, target, clock, stepHint: steps },
        ...(budget === undefined ? {} : { budget }),
        ...(base === undefined ? {} : { base }),
      };
    }),
  };
}
