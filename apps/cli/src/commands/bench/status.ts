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
      const status = benchStatus(folder, plan);
      const activity = await benchActivity(folder, plan);
      io.stdout.write(
        json === true
          ? `${JSON.stringify({ ...statusJson(status), ...activityJson(activity) }, undefined, 2)}\n`
          : `${[statusTable(status), "", statusLine(status), ...damageLines(status), activityText(activity)].join("\n")}\n`,
      );
      finish(exitCode.ok);
    });

/** How a bench stands, as JSON: of its trials only those whose outcomes are damaged. */
export const statusJson = ({ missing, trials, ...rest }: BenchStatus) => ({
  ...rest,
  missing: missing.length,
  damage: trials.flatMap(({ damage }, trial) => (damage === undefined ? [] : [{ trial, damage }])),
});

/** Damaged outcomes that are named; a damaged disk may have thousands. */
const mostNamed = 10;

/** Which outcomes are damaged and what to do about them; nothing where none is. */
export function damageLines(status: BenchStatus): readonly string[] {
  const { damage } = statusJson(status);
  if (damage.length === 0) return [];
  return [
    ...damage.slice(0, mostNamed).map((one) => `Damaged: trial ${one.trial}: ${one.damage}`),
    ...(damage.length > mostNamed ? [`... and ${damage.length - mostNamed} more`] : []),
    "Put the files back, or remove the folders of these trials: resume runs them again",
  ];
}

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

const cells = ({ completed, diverged, failed, damaged, begun, absent }: StateCounts): readonly string[] =>
  [completed, diverged, failed, damaged, begun, absent].map(format.count);

const statusTable = ({ submissions }: BenchStatus): string =>
  textTable(
    [
      { title: "submission" },
      { title: "completed", align: "right" },
      { title: "diverged", align: "right" },
      { title: "failed", align: "right" },
      { title: "damaged", align: "right" },
      { title: "begun", align: "right" },
      { title: "to do", align: "right" },
    ],
    submissions.map(({ name, counts }) => [name, ...cells(counts)]),
  );

/** How a bench stands, in one line. */
export const statusLine = ({
  total,
  counts: { completed, diverged, failed, damaged },
}: BenchStatus): string =>
  [
    `${format.count(completed + diverged)} of ${format.counted(total, "trial")} done`,
    ...(diverged === 0 ? [] : [`${format.count(diverged)} of them diverged`]),
    ...(failed === 0 ? [] : [`${format.count(failed)} failed`]),
    ...(damaged === 0 ? [] : [`${format.count(damaged)} damaged`]),
  ].join(", ");
