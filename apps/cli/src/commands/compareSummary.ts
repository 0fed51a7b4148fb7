import type { Comparison, ComparisonEntry, Cost, Estimate } from "@steepest/bench";
import { format, type TextCell, textTable } from "@steepest/report";
import type { Io } from "../io.js";
import { columnsOf } from "../terminal/progress.js";

const spread = ({ value, low, high }: Estimate, show: (value: number) => string): string =>
  low === high ? show(value) : `${show(value)} (${show(low)}-${show(high)})`;

const cost = (value: Cost, show: (value: number) => string): TextCell =>
  value.kind === "reached" ? spread(value, show) : { text: "missed", tone: "quiet" };

const accuracy = (estimate: Estimate): string => spread(estimate, (value) => (100 * value).toFixed(1));

const row = (entry: ComparisonEntry): readonly TextCell[] => [
  `${entry.rank}`,
  `${entry.group}`,
  entry.optimizer,
  entry.learningRate === undefined ? "" : format.number(entry.learningRate),
  cost(entry.stepsToTarget, format.count),
  cost(entry.secondsToTarget, (seconds) =>
    Number.isFinite(seconds) ? seconds.toFixed(2) : format.number(seconds),
  ),
  accuracy(entry.validationAccuracy),
  accuracy(entry.testAccuracy),
];

/** The table, why entries missed the target, and how to read it. */
export function leaderboard(comparison: Comparison, io: Io): string {
  const { target, entries } = comparison;
  const table = textTable(
    [
      { title: "#", align: "right" },
      { title: "group", align: "right" },
      { title: "optimizer", shrinks: true },
      { title: "learning rate", align: "right" },
      { title: `steps to ${target.value}`, align: "right" },
      { title: "CPU seconds", align: "right" },
      { title: "validation %", align: "right" },
      { title: "test %", align: "right" },
    ],
    entries.map(row),
    { width: columnsOf(io.stdout, Number.POSITIVE_INFINITY) },
  );
  const missed = entries.flatMap(({ optimizer, stepsToTarget }) =>
    stepsToTarget.kind === "missed" ? [`${optimizer}: ${stepsToTarget.reason}`] : [],
  );
  const failures = entries.flatMap((entry) => entry.failures);
  return [
    table,
    "",
    ...section("Missed the target", missed),
    ...section("Trials without a result", failures),
    ...section(
      `How to read this (intervals at ${format.percent(comparison.interval.level, 0)}: ${comparison.interval.method})`,
      comparison.method,
    ),
  ]
    .join("\n")
    .trimEnd();
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ""];
