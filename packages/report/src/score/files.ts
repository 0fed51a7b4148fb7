import type { ScoreData } from "./data.js";
import {
  baseWorkloads,
  cellFinder,
  cellText,
  intervalOf,
  rankRange,
  reachedText,
  scoringText,
  timesText,
} from "./grid.js";

const headings = [
  "rank",
  "submission",
  "score",
  "95% interval",
  "reached",
  "-study",
  "-workload",
  "-submission",
] as const;

/** The leaderboard as rows of text, without the columns of workloads. */
const standings = (data: ScoreData): readonly (readonly string[])[] =>
  data.submissions.map((entry) => [
    String(entry.rank),
    entry.name,
    entry.score.toFixed(6),
    intervalOf(entry),
    reachedText(data, entry.name),
    ...[entry.leaveOneOut.studies, entry.leaveOneOut.workloads, entry.leaveOneOut.submissions].map(rankRange),
  ]);

/** A row of ratios or reasons for each submission. */
function gridRows(data: ScoreData): readonly (readonly string[])[] {
  const find = cellFinder(data);
  const workloads = baseWorkloads(data);
  return data.submissions.map(({ name }) => [
    name,
    ...workloads.map((workload) => {
      const cell = find(name, workload.name);
      return cell === undefined ? "" : cellText(cell);
    }),
  ]);
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * One row for each submission: rank, score, interval, and the ratio on each base workload, empty where it was
 * not solved.
 */
export function scoreCsv(data: ScoreData): string {
  const find = cellFinder(data);
  const workloads = baseWorkloads(data).map(({ name }) => name);
  const ratio = (submission: string, workload: string): string => {
    const value = find(submission, workload)?.ratio ?? Number.NaN;
    return Number.isFinite(value) ? String(value) : "";
  };
  const rows = data.submissions.map(({ rank, name, score, interval }) => [
    ...[String(rank), name, String(score), String(interval.low), String(interval.high)],
    ...workloads.map((workload) => ratio(name, workload)),
  ]);
  return [["rank", "submission", "score", "low", "high", ...workloads], ...rows]
    .map((row) => row.map(quoted).join(","))
    .join("\n");
}

const markdownCell = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>|#~]/g, (character) => `\\${character}`).replace(/\p{Cc}/gu, " ");

/** Right-aligned are the columns in which every row begins with a digit. */
function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(" | ")} |`;
  const rules = titles.map((_, column) =>
    rows.every((row) => /^\d/.test(row[column] ?? "")) ? "---:" : "---",
  );
  return [line(titles), `| ${rules.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Leaderboard and grid as Markdown. */
export const scoreMarkdown = (data: ScoreData): string =>
  [
    markdownTable(headings, standings(data)),
    `${markdownCell(scoringText(data))}. Ranks as one study, workload or submission is left out. ${markdownCell(timesText(data))}`.trim(),
    markdownTable(["times the fastest", ...baseWorkloads(data).map(({ name }) => name)], gridRows(data)),
  ].join("\n\n");

const latexSpecial: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "–": "--",
  τ: "$\\tau$",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
};

const latexCell = (text: string): string =>
  text
    .replace(/[\\~^–τ<>#$%&_{}]/g, (character) => latexSpecial[character] ?? `\\${character}`)
    .replace(/\p{Cc}/gu, " ");

function latexTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `  ${cells.map(latexCell).join(" & ")} \\\\`;
  const alignment = titles.map((_, column) =>
    rows.every((row) => /^\d/.test(row[column] ?? "")) ? "r" : "l",
  );
  return [
    `\\begin{tabular}{${alignment.join("")}}`,
    "  \\toprule",
    line(titles),
    "  \\midrule",
    ...rows.map(line),
    "  \\bottomrule",
    "\\end{tabular}",
  ].join("\n");
}

/** Leaderboard and grid as LaTeX tables; they need the package booktabs. */
export const scoreLatex = (data: ScoreData): string =>
  [
    `% ${scoringText(data).replace(/\p{Cc}/gu, " ")}`,
    "% needs \\usepackage{booktabs}",
    latexTable(headings, standings(data)),
    "",
    latexTable(["times the fastest", ...baseWorkloads(data).map(({ name }) => name)], gridRows(data)),
  ].join("\n");
