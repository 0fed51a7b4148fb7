import type { Comparison, ComparisonEntry, Cost, EntryStanding, Estimate } from "@steepest/bench";
import { format, type TextCell, textTable } from "@steepest/report";
import type { Io } from "../../io.js";
import { columnsOf } from "../../terminal/progress.js";

/** How a figure is written: with its bounds, or alone where the terminal is too narrow for them. */
type Written = (estimate: Estimate, show: (value: number) => string) => string;

const withBounds: Written = ({ value, low, high }, show) =>
  low === high ? show(value) : `${show(value)} (${show(low)}-${show(high)})`;

const alone: Written = ({ value }, show) => show(value);

const percent = (share: number): string => (100 * share).toFixed(1);
const seconds = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : format.number(value));

function table({ target, entries }: Comparison, written: Written): string {
  const [unit, shown] =
    target.metric === "accuracy" ? (["%", percent] as const) : ([target.metric, format.number] as const);
  const quiet = (text: string): TextCell => ({ text, tone: "quiet" });
  const cost = ({ unmeasured }: ComparisonEntry, value: Cost, show: (value: number) => string): TextCell =>
    value.kind === "reached" ? written(value, show) : quiet(unmeasured ?? "missed");
  const figure = ({ unmeasured }: ComparisonEntry, value: Estimate | undefined): TextCell =>
    value === undefined ? quiet(unmeasured ?? "") : written(value, shown);
  const row = (entry: ComparisonEntry): readonly TextCell[] => [
    `${entry.rank ?? "-"}`,
    `${entry.group ?? "-"}`,
    entry.optimizer,
    entry.learningRate === undefined ? "" : format.number(entry.learningRate),
    cost(entry, entry.stepsToTarget, format.count),
    cost(entry, entry.secondsToTarget, seconds),
    figure(entry, entry.validation),
    figure(entry, entry.test),
  ];
  return textTable(
    [
      { title: "#", align: "right" },
      { title: "group", align: "right" },
      { title: "optimizer" },
      { title: "learning rate", align: "right" },
      { title: `steps to ${target.value}`, align: "right" },
      { title: "CPU s", align: "right" },
      { title: `validation ${unit}`, align: "right" },
      { title: `test ${unit}`, align: "right" },
    ],
    entries.map(row),
  );
}

/** p-values against the first, and how many more seeds would tell. */
const standingText = ({ pValue, logRankPValue, moreSeeds }: EntryStanding): string =>
  [
    `p = ${format.number(pValue, 2)}`,
    ...(logRankPValue === undefined ? [] : [`log-rank ${format.number(logRankPValue, 2)}`]),
    ...(moreSeeds === undefined ? [] : [`about ${format.counted(moreSeeds, "more seed")}`]),
  ].join(", ");

const fits = (text: string, width: number): boolean => text.split("\n").every((line) => line.length <= width);

/** The table, why entries missed the target, and how to read it. */
export function leaderboard(comparison: Comparison, io: Io): string {
  const { entries } = comparison;
  const full = table(comparison, withBounds);
  const width = columnsOf(io.stdout, Number.POSITIVE_INFINITY);
  const missed = entries.flatMap(({ optimizer, stepsToTarget }) =>
    stepsToTarget.kind === "missed" ? [`${optimizer}: ${stepsToTarget.reason}`] : [],
  );
  const failures = entries.flatMap((entry) => entry.failures);
  const against = entries.flatMap(({ optimizer, standing }) =>
    standing === undefined ? [] : [`${optimizer}: ${standingText(standing)}`],
  );
  return [
    fits(full, width) ? full : table(comparison, alone),
    "",
    ...section("Missed the target", missed),
    ...section("Trials without a result", failures),
    ...section(
      "Against the first (p of the t test; of the log-rank test; how many more seeds would tell four times in five)",
      against,
    ),
    ...section(
      `How to read this (${format.percent(comparison.interval.level, 0)} intervals: ${comparison.interval.method})`,
      comparison.method,
    ),
  ]
    .join("\n")
    .trimEnd();
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ""];
