import { textTable } from "@steepest/report";
import {
  checkWorkload,
  createExecutor,
  loadTrack,
  recordedTuning,
  type Settings,
  type SpeedrunRecord,
  tuneSubmission,
} from "@steepest/speedrun";
import { Command } from "commander";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { columnsOf } from "../../terminal/progress.js";
import { interruptibleRace } from "./interruption.js";
import { chosenSubmissions, foldersOf, type PlaceArguments, withPlaceOptions } from "./place.js";
import { createSpeedrunProgress } from "./progress.js";
import { lossText, pointText, widthWithoutTerminal } from "./text.js";

/** What tuning found for one submission. */
interface Tuned {
  readonly submission: string;
  readonly settings: Settings;
  readonly tuning: NonNullable<SpeedrunRecord["tuning"]>;
}

/** `steepest speedrun tune`: the track's search, the same for every submission. */
export const tuneCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  withPlaceOptions(
    new Command("tune").description("Tune submissions by the track's budget, and seek their stop step"),
  )
    .addHelpText(
      "after",
      `
Every submission gets as many quasi-random points of its own space and as many steps, on one seed on which no run is judged.
Then trainings with the best point seek the stop step. What was run is kept: run finds it, and so does the same command again.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (trackName: string, options: PlaceArguments) => {
      const track = await loadTrack(trackName);
      const submissions = await chosenSubmissions(options);
      finish(
        await interruptibleRace(io, async (signal) => {
          const progress = createSpeedrunProgress(io);
          try {
            for (const line of await checkWorkload(track)) progress.print(line);
            const { workers, out } = options;
            const executor = createExecutor({ workers, signal, onEvent: progress.show });
            const { runs: folder } = foldersOf(out, track);
            const tuned = await Promise.all(
              submissions.map(async (loaded, priority): Promise<Tuned> => {
                const tuning = await tuneSubmission({ track, folder, executor, priority }, loaded);
                const { settings } = tuning;
                return { submission: loaded.submission.name, settings, tuning: recordedTuning(tuning) };
              }),
            );
            progress.clear();
            io.stdout.write(
              options.json === true ? `${JSON.stringify({ track: track.name, tuned })}\n` : text(io, tuned),
            );
            return exitCode.ok;
          } finally {
            progress.clear();
          }
        }),
      );
    });

const text = (io: Io, tuned: readonly Tuned[]): string =>
  tuned
    .map(({ submission, settings, tuning }) => {
      const table = textTable(
        [
          { title: "steps", align: "right" },
          { title: "loss", align: "right" },
          { title: "settings", shrinks: true },
        ],
        [
          ...tuning.points.map(({ hyperparameters, loss }) => [
            `${tuning.steps}`,
            lossText(loss),
            pointText(hyperparameters),
          ]),
          ...tuning.trainings
            .slice(1)
            .map(({ steps, loss }) => [`${steps}`, lossText(loss), "the best of them"]),
        ],
        { width: columnsOf(io.stdout, widthWithoutTerminal) },
      );
      const reach = tuning.outOfReach ? ", where the target is likely to be missed" : "";
      return `${submission}\n${table}\n=> ${pointText(settings.hyperparameters)}; stop at step ${settings.steps}${reach}\n\n`;
    })
    .join("");
