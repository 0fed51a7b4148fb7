import { format, type SpeedrunData, type SpeedrunEntry } from "@steepest/report";
import { type Board, type BoardEntry, officialTracks, type SpeedrunRecord } from "@steepest/speedrun";
import { besideText, pointText, ruleText } from "./text.js";

/** A board as its page shows it. */
export const boardPage = ({ track, entries }: Board, command: string): SpeedrunData => ({
  track: track.name,
  title: track.title,
  description: track.description,
  rule: ruleText(track),
  target: track.target.loss,
  measure: track.measure,
  baseline: track.baseline,
  entries: entries.map((entry, index) => pageEntry(entry, index + 1)),
  official: officialTracks.map(({ records, others, ...list }) => ({
    ...list,
    records: records.map(({ number, value, note = "" }, index) => ({
      ...{ number: number ?? index + 1, value, note },
    })),
    others: others.map(({ value, note = "" }) => ({ value, note })),
  })),
  command,
});

const pageEntry = (entry: BoardEntry, place: number): SpeedrunEntry => {
  const { record, steps, loss, lossInterval, seconds, target, standing, verdict } = entry;
  const { submission, runs, settings } = record;
  return {
    ...{ name: submission.name, title: submission.title, steps, loss, runs: runs.length, seconds, verdict },
    ...(target.reached ? { place } : {}),
    ...(lossInterval === undefined ? {} : { lossMargin: lossInterval.high - lossInterval.estimate }),
    beside: besideText(entry),
    isRecord: standing === "record",
    settings: pointText(settings.hyperparameters),
    tuning: tuningText(record),
    course: courseOf(runs),
  };
};

function tuningText({ tuning, earlier = [] }: SpeedrunRecord): string {
  if (tuning === undefined) return "Settings given by hand";
  const { points, steps, trainings } = tuning;
  const missed = earlier.map((attempt) => `; missed at ${attempt.steps} steps before`).join("");
  return `Best of ${format.counted(points.length, "point")} of ${steps} steps; ${format.counted(trainings.length - 1, "training")} for the stop step${missed}`;
}

/** The mean of the runs' evaluations; those steps that all runs were evaluated at. */
function courseOf(runs: SpeedrunRecord["runs"]): SpeedrunEntry["course"] {
  const [first, ...others] = runs.map(
    ({ evaluations }) => new Map(evaluations.map(([step, , loss]) => [step, loss])),
  );
  const common = [...(first ?? [])].filter(([step]) => others.every((other) => other.has(step)));
  return {
    steps: common.map(([step]) => step),
    losses: common.map(
      ([step, loss]) =>
        others.reduce((sum, other) => sum + (other.get(step) ?? Number.NaN), loss) / (others.length + 1),
    ),
  };
}
