import {
  type BenchActivity,
  type BenchStatus,
  benchActivity,
  benchStatus,
  type StateCounts,
} from "@steepest/bench";
import { format, textTable } from "@steepest/report";
import { Command } from "commander";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { openBench } from "./place.js";

/** `steepest bench status`: how a bench stands. */
export const statusCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("status")
    .description("Show how a bench stands, from its folders")
    .argument("<folder>", "the bench")
    .option("--json", "print as one JSON object")
    .action(async (path: string, { json }: { readonly json?: true }) => {
      const { folder, plan } = await openBench(path);
      const status = await benchStatus(folder, plan);
      const activity = await benchActivity(folder, plan);
      const { missing, ...rest } = status;
      io.stdout.write(
        json === true
          ? `${JSON.stringify({ ...rest, missing: missing.length, ...activityJson(activity) }, undefined, 2)}\n`
          : `${statusTable(status)}\n\n${statusLine(status)}\n${activityText(activity)}\n`,
      );
      finish(exitCode.ok);
    });

const activityJson = ({ coordinator, queue }: BenchActivity) => ({
  coordinator: coordinator ?? null,
  queue: queue === undefined ? null : { waiting: queue.waiting.size, running: queue.running.size },
});

function activityText({ coordinator, queue }: BenchActivity): string {
  const lines = [
    ...(coordinator === undefined
      ? []
      : [
          `Running in process ${coordinator.pid}${coordinator.host === undefined ? "" : ` on ${coordinator.host}`}`,
        ]),
    ...(queue === undefined
      ? []
      : [
          `On the scheduler: ${format.counted(queue.running.size, "trial")} running, ${queue.waiting.size} waiting`,
          ...[...queue.reasons].map(([reason, trials]) => `  ${trials} wait: ${reason}`),
        ]),
  ];
  return lines.length === 0 ? "Nothing of it runs now" : lines.join("\n");
}

const cells = ({ completed, diverged, failed, begun, absent }: StateCounts): readonly string[] =>
  [completed, diverged, failed, begun, absent].map(format.count);

const statusTable = ({ submissions }: BenchStatus): string =>
  textTable(
    [
      { title: "submission" },
      { title: "completed", align: "right" },
      { title: "diverged", align: "right" },
      { title: "failed", align: "right" },
      { title: "begun", align: "right" },
      { title: "to do", align: "right" },
    ],
    submissions.map(({ name, counts }) => [name, ...cells(counts)]),
  );

/** How a bench stands, in one line. */
export const statusLine = ({ total, counts: { completed, diverged, failed } }: BenchStatus): string =>
  [
    `${format.count(completed + diverged)} of ${format.counted(total, "trial")} done`,
    ...(diverged === 0 ? [] : [`${format.count(diverged)} of them diverged`]),
    ...(failed === 0 ? [] : [`${format.count(failed)} failed`]),
  ].join(", ");
