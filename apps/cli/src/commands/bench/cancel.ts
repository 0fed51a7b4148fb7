import { cancelBench } from "@steepest/bench";
import { Command } from "commander";
import { resumeLine } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { openBench } from "./place.js";

/** `steepest bench cancel`: ends what goes on in a bench, from any process. */
export const cancelCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("cancel")
    .description("Stop a bench that runs here or on a scheduler; its trials keep their checkpoints")
    .argument("<folder>", "the bench")
    .action(async (path: string) => {
      const { folder, plan } = await openBench(path);
      const ended = await cancelBench(folder, plan);
      io.stdout.write(
        ended.length === 0
          ? "Nothing of this bench runs\n"
          : `Ended ${ended.join(" and ")}. Continue with:\n  ${resumeLine("bench", folder)}\n`,
      );
      finish(exitCode.ok);
    });
