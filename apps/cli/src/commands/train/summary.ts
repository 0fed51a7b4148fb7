import { format, textTable } from "@steepest/report";
import type { CompletedRun } from "@steepest/train";

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
  const table = textTable(
    [{ title: "split" }, { title: "loss", align: "right" }, { title: "accuracy", align: "right" }],
    splits.map(([name, { loss, accuracy }]) => [name, format.number(loss), format.percent(accuracy, 2)]),
  );
  return [
    `${run.workload} with ${run.optimizer}: ${format.counted(run.parameters, "parameter")}, ${format.counted(run.steps, "step")} in ${format.seconds(run.seconds)} (CPU ${format.seconds(run.cpuSeconds)})`,
    "",
    table,
    "",
    ...(run.target === undefined ? [] : [targetLine(run.target, run.best)]),
    ...(run.diverged === true ? [divergedLine(run)] : []),
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

const targetLine = (target: NonNullable<CompletedRun["target"]>, best: CompletedRun["best"]): string => {
  const accuracy = `validation accuracy ${format.percent(target.value, 2)}`;
  return target.reached
    ? `target      ${accuracy} reached at step ${format.count(target.step)} after ${format.seconds(target.seconds)}`
    : `target      ${accuracy} missed; the best was ${format.percent(best.accuracy, 2)} at step ${format.count(best.step)}`;
};
