import { format, metricText, textTable } from "@steepest/report";
import type { CompletedRun } from "@steepest/train";
import { metricOf } from "@steepest/workloads";

/**
 * A complete run for a reader: what was trained, how well it went, what it cost, and how to compare it bit
 * for bit.
 */
export function trainSummary(run: CompletedRun, folder: string): string {
  const splits = [
    ["train", run.train],
    ["validation", run.validation],
    ["test", run.test],
  ] as const;
  const metrics = (["loss", "accuracy"] as const).filter((metric) => run.validation[metric] !== undefined);
  const table = textTable(
    [{ title: "split" }, ...metrics.map((title) => ({ title, align: "right" as const }))],
    splits.map(([name, values]) => [
      name,
      ...metrics.map((metric) => metricText(metric, metricOf(values, metric))),
    ]),
  );
  return [
    `${run.workload} with ${run.optimizer}: ${format.counted(run.parameters, "parameter")}, ${format.counted(run.steps, "step")} in ${format.seconds(run.seconds)} (CPU ${format.seconds(run.cpuSeconds)})`,
    "",
    table,
    "",
    ...(run.target === undefined ? [] : [targetLine(run, run.target)]),
    ...(run.testTarget === undefined ? [] : [testTargetLine(run, run.testTarget)]),
    ...(run.ended === "budget" ? ["ended       its time was over"] : []),
    ...(run.diverged === true ? [divergedLine(run)] : []),
    ...(run.leastLoss === undefined
      ? []
      : [
          `reachable   no model's loss can be less than ${format.number(run.leastLoss)}, the entropy of the data`,
        ]),
    `data        ${run.dataSource}`,
    `parameters  sha256 ${run.parametersHash}`,
    `run         ${folder}`,
  ].join("\n");
}

const divergedLine = ({ train, initialLoss }: CompletedRun): string => {
  const began =
    initialLoss === undefined ? "" : `, above the ${format.number(initialLoss)} that it began with`;
  return `diverged    the training loss ended at ${format.number(train.loss)}${began}: lower --lr, warm it up, or clip the gradient`;
};

type TargetOutcome = NonNullable<CompletedRun["target"]>;

const reachedAt = ({ step, seconds }: TargetOutcome & { readonly reached: true }): string =>
  `reached at step ${format.count(step)} after ${format.seconds(seconds)}`;

function targetLine({ metric, best }: CompletedRun, target: TargetOutcome): string {
  const wanted = `target      validation ${metric} ${metricText(metric, target.value)}`;
  return target.reached
    ? `${wanted} ${reachedAt(target)}`
    : `${wanted} missed; the best was ${metricText(metric, metricOf(best, metric))} at step ${format.count(best.step)}`;
}

const testTargetLine = ({ metric, test }: CompletedRun, target: TargetOutcome): string =>
  `test target test ${metric} ${metricText(metric, target.value)} ${
    target.reached ? reachedAt(target) : `missed; it ended at ${metricText(metric, metricOf(test, metric))}`
  }`;
