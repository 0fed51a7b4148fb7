import { format, textTable, wrap } from "@steepest/report";
import { type Board, type BoardEntry, type OfficialTrack, officialTracks } from "@steepest/speedrun";
import type { Io } from "../../io.js";
import { columnsOf, tableOptions } from "../../terminal/progress.js";
import { besideText, lossText, ruleText, widthWithoutTerminal } from "./text.js";

/** The official list that counts what a track counts. */
export const officialBeside = ({ track }: Board): OfficialTrack | undefined =>
  officialTracks.find(({ measure }) => (measure === "steps") === (track.measure === "steps"));

const row = (entry: BoardEntry, place: number) => {
  const { record, loss, lossInterval, steps, seconds, target } = entry;
  const half =
    lossInterval === undefined ? "" : ` ± ${(lossInterval.high - lossInterval.estimate).toFixed(4)}`;
  return [
    target.reached ? `${place}` : "–",
    record.submission.name,
    `${steps}`,
    `${lossText(loss)}${half}`,
    `${record.runs.length}`,
    format.seconds(seconds),
    besideText(entry),
  ];
};

/** A board as a table, and every verdict in full. */
export function boardText(io: Io, board: Board): string {
  const { track, entries } = board;
  const width = columnsOf(io.stdout, widthWithoutTerminal);
  const heading = `${track.title} (${track.name}); a result counts if ${ruleText(track)}`;
  if (entries.length === 0)
    return `${heading}\nNobody has run on it yet: npx steepest speedrun run ${track.name} --all`;
  const table = textTable(
    [
      { title: "" },
      { title: "submission" },
      { title: "steps", align: "right" },
      { title: "loss, 95%", align: "right" },
      { title: "n", align: "right" },
      { title: "time", align: "right" },
      { title: `steps beside ${track.baseline}`, align: "right" },
    ],
    entries.map((entry, index) => row(entry, index + 1)),
    tableOptions(io.stdout, widthWithoutTerminal),
  );
  const verdicts = entries.map(({ record, verdict }) => wrap(`${record.submission.name}: ${verdict}`, width));
  return [wrap(heading, width), "", table, "", ...verdicts].join("\n");
}

/** The official history as a table, for beneath a board. */
export function officialText(io: Io, { title, measure, records, others, url }: OfficialTrack): string {
  const table = textTable(
    [
      { title: "record", align: "right" },
      { title: measure, align: "right" },
      { title: "what was new", shrinks: true },
    ],
    [
      ...records.map(({ number, value, note = "" }, index) => [`${number ?? index + 1}`, `${value}`, note]),
      ...others.map(({ value, note = "" }) => ["–", `${value}`, note]),
    ],
    tableOptions(io.stdout, widthWithoutTerminal),
  );
  return `For comparison, not ours and on other machines: ${title} (${url})\n${table}`;
}

/** A board as JSON: every entry with what its verdict rests on, and the official lists apart. */
export const boardData = ({ track, entries }: Board) => ({
  track: track.name,
  measure: track.measure,
  target: track.target.loss,
  significance: track.significance,
  entries: entries.map((entry) => {
    const { record, loss, lossInterval, steps, seconds, target, standing, verdict, best, besideBaseline } =
      entry;
    return {
      submission: record.submission.name,
      title: record.submission.title,
      ...{ steps, seconds, n: record.runs.length, losses: record.runs.map((run) => run.loss) },
      loss: Number.isFinite(loss) ? loss : null,
      ...(lossInterval === undefined ? {} : { lossInterval: [lossInterval.low, lossInterval.high] }),
      ...{ reached: target.reached, reason: target.reason, standing, verdict },
      ...(best === undefined ? {} : { best }),
      ...(besideBaseline === undefined ? {} : { besideBaseline }),
      settings: record.settings,
      ...(record.tuning === undefined ? {} : { tuning: record.tuning }),
      date: record.date,
    };
  }),
  official: officialTracks,
});
