import { format } from "../text/format.js";
import type { ScoreCell, ScoreData, ScoreEntry, ScoreLeftOut, ScoreWorkload } from "./data.js";

/** The cells by submission and workload. */
export function cellFinder({
  cells,
}: ScoreData): (submission: string, workload: string) => ScoreCell | undefined {
  const rows = new Map<string, Map<string, ScoreCell>>();
  for (const cell of cells) {
    const row = rows.get(cell.submission) ?? new Map<string, ScoreCell>();
    rows.set(cell.submission, row.set(cell.workload, cell));
  }
  return (submission, workload) => rows.get(submission)?.get(workload);
}

/** The workloads that are scored. */
export const baseWorkloads = ({ workloads }: ScoreData): readonly ScoreWorkload[] =>
  workloads.filter(({ base }) => base === undefined);

/** A cell in few characters: the ratio, or why there is none. */
export const cellText = ({ kind, ratio }: ScoreCell): string =>
  kind === "solved" ? ratio.toFixed(2) : kind.replace(/ rule$/, "");

/**
 * Ranks that a submission takes as one thing after another is left out: `1–3`; `–` where there is only one
 * thing.
 */
export function rankRange(left: readonly ScoreLeftOut[]): string {
  if (left.length === 0) return "–";
  const ranks = left.map(({ rank }) => rank);
  const [low, high] = [Math.min(...ranks), Math.max(...ranks)];
  return low === high ? String(low) : `${low}–${high}`;
}

/** More studies than anybody will run. */
const mostStudies = 999;

/**
 * The submissions that one cannot be told from, and behind each how many more studies would do it: `adamw
 * (+12)`; nothing where none would.
 */
export const undecidedText = (
  { notDistinguishable }: ScoreEntry,
  shown: (name: string) => string = (name) => name,
): string =>
  notDistinguishable.map(({ name, moreStudies }) => `${shown(name)}${moreText(moreStudies)}`).join(", ");

function moreText(moreStudies: number): string {
  if (!Number.isFinite(moreStudies)) return "";
  return moreStudies > mostStudies ? ` (+${mostStudies} or more)` : ` (+${moreStudies})`;
}

/** What {@link undecidedText} says with its numbers, in a sentence. */
export const moreStudiesNote =
  "(+n): n more studies of each would tell the two apart with a chance of 80 %, were the difference seen the true one.";

/** An interval of a score. */
export const intervalOf = ({ interval }: ScoreEntry): string =>
  `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}`;

/** What was scored, and how, in one sentence. */
export const scoringText = (data: ScoreData): string =>
  [
    `${format.counted(data.logs, "log")} of ${format.counted(data.submissions.length, "submission")} under ${data.rules}`,
    `${data.tuning === "self" ? "self-tuning" : "external tuning"}, τ to ${format.number(data.tauMax)}`,
    data.mode === "exact"
      ? "exact: integrated exactly, the fastest trial of a study"
      : "official: 100 points of τ, the trial of a study with the fewest evaluations",
  ].join("; ");
