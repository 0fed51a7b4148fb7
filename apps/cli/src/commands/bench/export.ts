import { exportBench } from "@steepest/bench";
import { format } from "@steepest/report";
import { Command } from "commander";
import { shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { openBench } from "./place.js";

/** `steepest bench export`: a bench's logs as AlgoPerf's official scorer reads them. */
export const exportCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("export")
    .description("Write the logs of a bench as AlgoPerf's official scorer reads them, with a targets file")
    .argument("<folder>", "the bench")
    .requiredOption("--algoperf <folder>", "a new folder to write to")
    .action(async (path: string, { algoperf: to }: { readonly algoperf: string }) => {
      const { folder, plan } = await openBench(path);
      const { logs, targets } = await exportBench(folder, plan, to);
      io.stdout.write(
        `${format.counted(logs, "log")} in ${to}, targets in ${targets}. The same scores here:\n  npx steepest score ${shellWord(to)} --targets ${shellWord(targets)}\n`,
      );
      finish(exitCode.ok);
    });
