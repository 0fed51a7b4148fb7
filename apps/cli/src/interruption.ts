import { exitCode } from "./io.js";

/**
 * Two signals within so many milliseconds are one keystroke: npm passes Ctrl-C on to a process that the
 * terminal has told already.
 */
const oneKeystroke = 250;

/**
 * Does work whose signal Ctrl-C or SIGTERM aborts, so that it can save itself; a second keystroke ends the
 * process at once.
 */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  let stoppedAt = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) stoppedAt = performance.now();
    else if (performance.now() - stoppedAt > oneKeystroke) process.exit(exitCode.interrupted);
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** A name of a file as a shell takes it for one word. */
export const shellWord = (name: string): string => (/^[\w./\\:-]+$/.test(name) ? name : JSON.stringify(name));

/** The line that continues what was interrupted, ready for a shell. */
export const resumeLine = (command: "train" | "compare" | "bench", folder: string): string =>
  `npx steepest ${command} ${command === "bench" ? "resume" : "--resume"} ${shellWord(folder)}`;
