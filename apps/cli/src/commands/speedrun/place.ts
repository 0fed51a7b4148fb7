import { join } from "node:path";
import { SteepestError } from "@steepest/optim";
import {
  type LoadedSubmission,
  loadSpeedrunSubmission,
  readRecords,
  type SpeedrunRecord,
  shippedRecords,
  speedrunSubmissions,
  type Track,
} from "@steepest/speedrun";
import type { Command } from "commander";
import { countArgument } from "../../arguments.js";

/** Where runs and records go, and how many runs at a time. */
export interface PlaceArguments {
  readonly submission?: readonly string[];
  readonly all?: true;
  readonly out: string;
  readonly workers: number;
  readonly json?: true;
}

/** Collects submissions of an option that may be given several times. */
const submissionsArgument = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  text,
];

/** The options that name what is run and where. */
export const withPlaceOptions = (command: Command): Command =>
  command
    .argument("<track>", "a track's name, or its YAML file")
    .option(
      "--submission <name|file>",
      `a module, or one of: ${speedrunSubmissions.join(", ")} (several times for several)`,
      submissionsArgument,
    )
    .option("--all", "every submission that comes with Steepest")
    .option("--out <folder>", "keeps every run, and the records", "runs/speedrun")
    .option("--workers <count>", "runs at a time, each on a thread of its own", countArgument, 1)
    .option("--json", "print the results as one JSON object");

/**
 * The submissions that were asked for.
 * @throws SteepestError `invalid-value` where none is, or `--all` and names are given together
 */
export async function chosenSubmissions({
  submission: named = [],
  all,
}: PlaceArguments): Promise<readonly LoadedSubmission[]> {
  if (all === true && named.length > 0)
    throw new SteepestError(
      "invalid-value",
      "--all and --submission exclude each other",
      "Give one of the two",
    );
  if (all !== true && named.length === 0)
    throw new SteepestError(
      "invalid-value",
      "no submission is named",
      `Give --submission NAME or FILE, or --all; the names are ${speedrunSubmissions.join(", ")}`,
    );
  const chosen = all === true ? speedrunSubmissions : [...new Set(named)];
  return Promise.all(chosen.map(loadSpeedrunSubmission));
}

/** The folders of a track beneath `--out`. */
export const foldersOf = (out: string, track: Track) => ({
  runs: join(out, track.name),
  records: join(out, "records"),
});

/** The records of a track: one's own in place of those of the same name that come with Steepest. */
export async function recordsOf(track: Track, folder: string): Promise<readonly SpeedrunRecord[]> {
  const own = await readRecords(folder, track.name);
  const names = new Set(own.map(({ submission }) => submission.name));
  const shipped = await readRecords(shippedRecords, track.name);
  return [...own, ...shipped.filter(({ submission }) => !names.has(submission.name))];
}
