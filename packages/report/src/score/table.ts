import { type TextCell, type TextTableOptions, textTable } from "../text/table.js";
import { wrap } from "../text/wrap.js";
import type { ScoreData } from "./data.js";
import {
  baseWorkloads,
  cellFinder,
  cellText,
  intervalOf,
  moreStudiesNote,
  rankRange,
  reachedNote,
  reachedText,
  scoringText,
  timesText,
  undecidedText,
} from "./grid.js";

/** The leaderboard and the grid for a terminal. */
export function scoreTable(data: ScoreData, options: TextTableOptions): string {
  const leaderboard = textTable(
    [
      { title: "rank", align: "right" },
      { title: "submission", shrinks: true },
      { title: "score", align: "right" },
      { title: "95% interval" },
      { title: "reached", align: "right" },
      { title: "-study", align: "right" },
      { title: "-workload", align: "right" },
      { title: "-submission", align: "right" },
      { title: "not distinguishable from", shrinks: true },
    ],
    data.submissions.map((entry) => [
      String(entry.rank),
      { text: entry.name, tone: "strong" },
      entry.score.toFixed(6),
      { text: intervalOf(entry), tone: "quiet" },
      { text: reachedText(data, entry.name), tone: "quiet" },
      rankRange(entry.leaveOneOut.studies),
      rankRange(entry.leaveOneOut.workloads),
      rankRange(entry.leaveOneOut.submissions),
      {
        text: undecidedText(entry, (name) => shortName(data, name)) || "–",
        tone: "quiet",
      },
    ]),
    options,
  );
  const width = options.width ?? Number.POSITIVE_INFINITY;
  const notes = [
    `Scored: ${scoringText(data)}. Intervals: ${data.replicates} bootstrap replicates over the studies, their bias removed.`,
    `${upperFirst(reachedNote)} ${timesText(data)}`,
    `-study, -workload, -submission: ranks as one after another is left out. Not distinguishable, by rank: p >= ${data.significance} under the exact exchange test of studies, each pair for itself. ${moreStudiesNote}`,
  ];
  return [leaderboard, "", ...notes.map((note) => wrap(note, width)), "", grid(data, options)].join("\n");
}

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** A submission by its rank, with its name where ranks are shared. */
const shortName = ({ submissions }: ScoreData, name: string): string => {
  const rank = submissions.find((entry) => entry.name === name)?.rank;
  const shared = submissions.filter((entry) => entry.rank === rank).length > 1;
  return shared || rank === undefined ? name : `#${rank}`;
};

function grid(data: ScoreData, options: TextTableOptions): string {
  const find = cellFinder(data);
  const workloads = baseWorkloads(data);
  const cell = (submission: string, workload: string): TextCell => {
    const found = find(submission, workload);
    if (found === undefined) return "";
    const text = cellText(found);
    return found.kind === "solved"
      ? { text, tone: found.ratio <= 1 ? "good" : "quiet" }
      : { text, tone: "bad" };
  };
  const table = textTable(
    [
      { title: "times the fastest", shrinks: true },
      ...workloads.map((_, index) => ({ title: `[${index + 1}]`, align: "right" as const })),
    ],
    data.submissions.map(({ name }) => [name, ...workloads.map((workload) => cell(name, workload.name))]),
    options,
  );
  const legend = workloads.map(({ name }, index) => `[${index + 1}] ${name}`).join("  ");
  return `${table}\n\n${wrap(legend, options.width ?? Number.POSITIVE_INFINITY)}`;
}
