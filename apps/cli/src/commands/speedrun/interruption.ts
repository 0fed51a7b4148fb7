import { Interruption } from "@steepest/speedrun";
import { interruptible } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";

/** Does work that Ctrl-C ends, and says how it goes on. */
export const interruptibleRace = (
  io: Io,
  work: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> =>
  interruptible(async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      io.stderr.write("Interrupted; what was run is kept. The same command goes on from there.\n");
      return exitCode.interrupted;
    }
  });
