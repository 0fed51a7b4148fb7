import { join } from "node:path";
import {
  createExecutor,
  loadSpeedrunSubmission,
  loadTrack,
  makeBoard,
  runCampaign,
  type SpeedrunRecord,
  type Track,
} from "@steepest/speedrun";
import { Command } from "commander";
import { countArgument } from "../../arguments.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { boardData, boardText } from "./boardText.js";
import { interruptibleRace } from "./interruption.js";
import { chosenSubmissions, foldersOf, type PlaceArguments, recordsOf, withPlaceOptions } from "./place.js";
import { createSpeedrunProgress } from "./progress.js";
import { pointText } from "./text.js";

interface RunArguments extends PlaceArguments {
  readonly seeds: number;
  readonly steps?: number;
}

/** `steepest speedrun run`: n seeds to the stop step, beside the baseline, and a verdict. */
export const runCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  withPlaceOptions(
    new Command("run").description("Run submissions on a track, each beside its baseline, and judge them"),
  )
    .option("-n, --seeds <count>", "runs of each submission, seeds 0, 1, ...", countArgument, 3)
    .option(
      "--steps <count>",
      "the stop step, in place of the one that tuning or its record says",
      countArgument,
    )
    .addHelpText(
      "after",
      `
A submission races with the settings of its record where its source is the same, else it is tuned first. All runs stop at the
same step; losses are over the whole validation split, and the clock does not run meanwhile. What was run is kept, and the same
command goes on after a kill. Where seconds count, leave --workers at 1.

Exit codes: 0 the target is reached by the track's rule, 3 missed by one of them, 1 failed, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (trackName: string, options: RunArguments) => {
      const track = await loadTrack(trackName);
      finish(await interruptibleRace(io, (signal) => race(io, track, options, signal)));
    });

async function race(io: Io, track: Track, options: RunArguments, signal: AbortSignal): Promise<ExitCode> {
  const { workers, out, seeds, steps } = options;
  const folders = foldersOf(out, track);
  const submissions = await chosenSubmissions(options);
  const baseline = await loadSpeedrunSubmission(track.baseline);
  const standing = await recordsOf(track, folders.records);
  const progress = createSpeedrunProgress(io);
  let made: readonly SpeedrunRecord[];
  try {
    made = await runCampaign({
      ...{ track, submissions, baseline, standing, workers },
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      ...(steps === undefined ? {} : { steps }),
      ...{ folder: folders.runs, records: folders.records },
      executor: createExecutor({ workers, signal, onEvent: progress.show }),
      date: new Date().toISOString().slice(0, 10),
      onNotice: progress.print,
      onSettings: (name, { racer: { settings } }) =>
        progress.print(`${name}: ${pointText(settings.hyperparameters)}; ${settings.steps} steps`),
    });
  } finally {
    progress.clear();
  }
  const names = new Set(made.map(({ submission }) => submission.name));
  const board = makeBoard(track, await recordsOf(track, folders.records));
  const own = board.entries.filter(({ record }) => names.has(record.submission.name));
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(boardData({ ...board, entries: own }))}\n`
      : `${boardText(io, { ...board, entries: own })}\n\nRecords and logs: ${join(folders.records, track.name)}\n`,
  );
  return own.every(({ target }) => target.reached) ? exitCode.ok : exitCode.targetMissed;
}
