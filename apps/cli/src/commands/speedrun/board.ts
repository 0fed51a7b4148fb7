import { speedrunHtml } from "@steepest/report";
import { loadTrack, makeBoard } from "@steepest/speedrun";
import { Command } from "commander";
import { pageArgument } from "../../arguments.js";
import { shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { checkOutFile } from "../../outFolder.js";
import { checkReplaceable, writePicture } from "../pictureFile.js";
import { boardData, boardText, officialBeside, officialText } from "./boardText.js";
import { boardPage } from "./page.js";
import { foldersOf, recordsOf } from "./place.js";

interface BoardArguments {
  readonly runs: string;
  readonly out?: string;
  readonly force?: true;
  readonly json?: true;
}

/** `steepest speedrun board`: who reached the target in how many steps, and what that is worth. */
export const boardCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("board")
    .description("Show the records of a track with their verdicts, and the official history beside them")
    .argument("<track>", "a track's name, or its YAML file")
    .option("--runs <folder>", "where your own records are: the --out of run", "runs/speedrun")
    .option("--out <file.html>", "write a page with table and charts too", pageArgument)
    .option("--force", "replace the file of --out also where it is no page of Steepest")
    .option("--json", "print as JSON")
    .action(async (name: string, { runs, out, force, json }: BoardArguments) => {
      const track = await loadTrack(name);
      if (out !== undefined) {
        await checkOutFile(out);
        if (force !== true) await checkReplaceable(out);
      }
      const board = makeBoard(track, await recordsOf(track, foldersOf(runs, track).records));
      const command = `npx steepest speedrun board ${shellWord(name)}`;
      if (out !== undefined) await writePicture(out, speedrunHtml(boardPage(board, command)));
      const official = officialBeside(board);
      const tables = [boardText(io, board), ...(official === undefined ? [] : [officialText(io, official)])];
      io.stdout.write(
        json === true
          ? `${JSON.stringify(boardData(board), undefined, 2)}\n`
          : `${[...tables, ...(out === undefined ? [] : [`The page: ${out}`])].join("\n\n")}\n`,
      );
      finish(exitCode.ok);
    });
