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

/** How many studies of a submission reached their targets, of all on the workloads that are scored: `37/40`. */
export function reachedText(data: ScoreData, submission: string): string {
  const scored = new Set(baseWorkloads(data).map(({ name }) => name));
  let [reached, studies] = [0, 0];
  for (const { submission: name, workload, arrival } of data.cells) {
    if (name !== submission || !scored.has(workload)) continue;
    reached += arrival?.reached ?? 0;
    studies += arrival?.studies ?? 0;
  }
  return `${reached}/${studies}`;
}

/** What {@link reachedText} counts, in a sentence. */
export const reachedNote =
  "reached: studies that came to a target within its budget, of those with a log, all scored workloads together.";

/** Pairs that a sentence names; it counts the others. */
const namedPairs = 4;

/** What the times to the targets tell apart that scores do not, in a sentence. */
export function timesText({ pairs, significance }: ScoreData): string {
  const undecided = pairs.filter(({ distinguishable }) => !distinguishable);
  if (undecided.length === 0) return "";
  const told = undecided
    .filter(({ timesPValue }) => timesPValue < significance)
    .toSorted((a, b) => a.timesPValue - b.timesPValue);
  const named = told
    .slice(0, namedPairs)
    .map(({ first, second, timesPValue }) => `${first} and ${second} (p = ${format.number(timesPValue, 2)})`);
  const more = told.length - named.length;
  const list =
    told.length === 0 ? "none" : `${told.length}: ${named.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
  return `Of ${format.counted(undecided.length, "pair")} that scores do not tell apart, the times to all targets do ${list} (log-rank test over whole studies, those that missed a target included).`;
}

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
