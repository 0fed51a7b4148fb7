import { loadTrack, makeBoard } from "@steepest/speedrun";
import { Command } from "commander";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { boardData, boardText, officialBeside, officialText } from "./boardText.js";
import { foldersOf, recordsOf } from "./place.js";

interface BoardArguments {
  readonly runs: string;
  readonly json?: true;
}

/** `steepest speedrun board`: who reached the target in how many steps, and what that is worth. */
export const boardCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("board")
    .description("Show the records of a track with their verdicts, and the official history beside them")
    .argument("<track>", "a track's name, or its YAML file")
    .option("--runs <folder>", "where your own records are: the --out of run", "runs/speedrun")
    .option("--json", "print as JSON")
    .action(async (name: string, { runs, json }: BoardArguments) => {
      const track = await loadTrack(name);
      const board = makeBoard(track, await recordsOf(track, foldersOf(runs, track).records));
      const official = officialBeside(board);
      io.stdout.write(
        json === true
          ? `${JSON.stringify(boardData(board), undefined, 2)}\n`
          : `${[boardText(io, board), ...(official === undefined ? [] : [officialText(io, official)])].join("\n\n")}\n`,
      );
      finish(exitCode.ok);
    });
