import type { Metric } from "@steepest/workloads";
import { significance } from "../statistics/verdict.js";
import type { ComparisonPlan } from "./plan.js";

/** How many of something; the plural is the noun with an s. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const listed = (names: readonly string[]): string => names.join(", ");

const lookedAt = ({ steps, evaluateEvery }: ComparisonPlan): string => {
  if (evaluateEvery >= steps) return "looked at once, after the last step";
  return evaluateEvery === 1
    ? "looked at after every step"
    : `looked at every ${evaluateEvery} steps and after the last, so steps to it are known to that resolution`;
};

/** What a trial without a result counts as. */
const worst = {
  accuracy: "accuracy 0",
  loss: "the largest loss that any evaluation found",
} as const satisfies Record<Metric, string>;

/** What a comparison did and what its figures do not show, for the reader to judge: one sentence each. */
export function methodSentences(
  plan: ComparisonPlan,
  { allEnded, logarithmic }: { readonly allEnded: boolean; readonly logarithmic: boolean },
): readonly string[] {
  const { metric } = plan.target;
  const tuned = plan.submissions.filter((submission) => submission.tuned);
  const fixed = plan.submissions.filter((submission) => !submission.tuned);
  const points = tuned[0]?.points.length ?? 0;
  const seeds = plan.seeds.length;
  const sentences: string[] = [];
  if (tuned.length > 0) {
    sentences.push(
      `Only the learning rate was tuned, of ${fixed.length === 0 ? "every optimizer" : listed(tuned.map(({ optimizer }) => optimizer))}: each was tried at the same ${counted(points, "quasi-random point")} of its own range, from a tenth of its default to ten times it on a logarithmic scale; all other hyper-parameters are at their defaults or as given.`,
      `An optimizer's learning rate is the one with the fewest steps to the target (median over the seeds), then with the best validation ${metric}.`,
      `The seeds that chose the learning rate are also the seeds that are scored, so the validation figures flatter every optimizer a little; the test ${metric} took no part in any choice.`,
    );
  }
  const described = plan.submissions.flatMap(({ optimizer, setting }) =>
    setting === undefined ? [] : [`${optimizer} is ${setting}`],
  );
  if (described.length > 0)
    sentences.push(`${described.join("; ")} (after +: the factor on the learning rate).`);
  if (fixed.length > 0) sentences.push(`Not tuned: ${listed(fixed.map(({ optimizer }) => optimizer))}.`);
  sentences.push(
    `Every trial had ${counted(plan.steps, "step")} of ${counted(plan.batchSize, "example")} on one thread; the target is ${plan.target.metric} ${plan.target.value} on the ${plan.target.split} split, ${lookedAt(plan)}.`,
    `Ranked by median steps to the target; optimizers that miss it in most seeds follow, by validation ${metric} at the end.`,
    "Steps and seconds to the target are medians with the range over the seeds; seconds are CPU time of training, evaluation left out.",
  );
  if (logarithmic)
    sentences.push(
      `Means over the seeds, their intervals and differences between optimizers are of the logarithm of the ${metric}: means are geometric, and ratios count.`,
    );
  if (!allEnded)
    sentences.push(
      `A trial that diverged or failed counts as one that missed the target and as ${worst[metric]} in order and groups; the figures shown are those of the trials that ended. An optimizer without any at its learning rate has neither place nor group.`,
    );
  sentences.push(
    seeds < 2
      ? "One seed tells no two optimizers apart: run more."
      : `Optimizers of one group are not distinguishable from the best of that group: paired t tests over ${seeds} seeds (a seed fixes initial parameters and order of data for all), at ${100 * significance} % after correction for their number and for the choice of the best, a missed target counted as the whole budget.${seeds < 5 ? ` With ${seeds} seeds only large differences can be told apart.` : ""}`,
  );
  if (seeds >= 2)
    sentences.push(
      `Where steps decide, the paired log-rank test stands beside the t test and decides nothing: it counts a seed that missed the target as slower than any that did not, by however much, and ${seeds} seeds cannot give it a p-value below ${Number(Math.max(1e-4, 2 ** (1 - seeds)).toPrecision(2))}.`,
    );
  if (plan.procedural)
    sentences.push("The data are drawn by code and are NOT the data set of the workload's name.");
  return sentences;
}
