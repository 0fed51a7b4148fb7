import { format, textTable, wrap } from "@steepest/report";
import { loadTrack, shippedTracks, type Track } from "@steepest/speedrun";
import { Command } from "commander";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { columnsOf, tableOptions } from "../../terminal/progress.js";
import { changesText, goalText, ruleText, widthWithoutTerminal } from "./text.js";

/** `steepest speedrun tracks`: what can be raced on. */
export const tracksCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("tracks")
    .description("List the tracks, or show the rules of one")
    .argument("[track]", "a track's name, or its YAML file")
    .option("--json", "print as JSON")
    .action(async (name: string | undefined, { json }: { readonly json?: true }) => {
      const found = name === undefined ? await shippedTracks() : await loadTrack(name);
      if (json === true) io.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
      else if ("name" in found)
        io.stdout.write(`${rules(found, columnsOf(io.stdout, widthWithoutTerminal))}\n`);
      else io.stdout.write(`${list(io, found)}\n`);
      finish(exitCode.ok);
    });

const list = (io: Io, tracks: readonly Track[]): string =>
  textTable(
    [{ title: "track" }, { title: "goal" }, { title: "may change" }, { title: "model", shrinks: true }],
    tracks.map((track) => [
      track.name,
      goalText(track),
      changesText(track),
      `${track.model.name}, ${format.count(track.model.parameters)} parameters`,
    ]),
    tableOptions(io.stdout, widthWithoutTerminal),
  );

/** The rules of a track, a line each. */
function rules(track: Track, columns: number): string {
  const { name, title, description, workload, model, batch, target, steps, tuning, baseline } = track;
  const facts: readonly (readonly [string, string])[] = [
    ["goal", goalText(track)],
    ["data", `${workload}, the mean over all ${format.count(target.tokens)} predictions of validation`],
    ["model", `${model.name}, ${format.count(model.parameters)} parameters`],
    ["batch", `${batch.sequences} sequences of ${batch.context} tokens`],
    ["may change", changesText(track)],
    ["length", `at most ${format.count(steps)} steps, the same stop step in all runs`],
    ["warm-up", `${track.warmUpSteps} untimed steps, after which everything is as it was`],
    ["counts if", ruleText(track)],
    ["beside it", `${baseline} with the same seeds`],
    [
      "tuning",
      `${tuning.points} points of ${tuning.steps} steps, at most ${tuning.stopTrainings} trainings for the stop step, seed ${tuning.seed}; at most ${tuning.attempts} stop steps`,
    ],
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  return [
    `${title} (${name})`,
    wrap(description, columns),
    ...facts.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
  ].join("\n");
}
