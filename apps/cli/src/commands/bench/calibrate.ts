import { type CalibrationResult, calibrate, calibrations, type PromisedShare } from "@steepest/bench";
import { format, textTable } from "@steepest/report";
import { Command } from "commander";
import { countArgument, wholeNumberArgument } from "../../arguments.js";
import { interruptible } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { createProgress, tableOptions } from "../../terminal/progress.js";

interface CalibrateArguments {
  readonly runs?: number;
  readonly seed: number;
  readonly json?: true;
}

/** Columns of text in a file or a pipe. */
const widthWithoutTerminal = 160;

/** `steepest bench calibrate`: whether verdicts and intervals keep what they promise, by simulation. */
export const calibrateCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("calibrate")
    .description(
      "Simulate verdicts and intervals where the truth is known, and count how often they are right",
    )
    .option(
      "--runs <count>",
      "simulations of each (default: hundreds to thousands, a minute in all)",
      countArgument,
    )
    .option("--seed <number>", "of the simulations", wholeNumberArgument, 0)
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
One optimizer under two names must be told apart in 5 % of comparisons at most, and a 95 % interval must cover the truth in 93 to
97 % of cases (those of scores, which are wider, in 93 to 99 %). What is simulated runs through the same code as the verdicts of
compare, score and claims.
Exit codes: 0 all promises kept, 1 one is missed by more than two standard errors, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (options: CalibrateArguments) => {
      finish(await interruptible((signal) => runCalibrations(io, options, signal)));
    });

async function runCalibrations(
  io: Io,
  { runs, seed, json }: CalibrateArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  const progress = createProgress(io);
  const results: CalibrationResult[] = [];
  try {
    for (const calibration of calibrations) {
      const result = await calibrate(calibration, {
        ...(runs === undefined ? {} : { runs }),
        ...{ seed, signal },
        onProgress: (fraction) => progress.show(`${calibration.counts}: ${format.percent(fraction, 0)}`),
      });
      results.push(result);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return exitCode.interrupted;
  } finally {
    progress.clear();
  }
  io.stdout.write(
    json === true ? `${JSON.stringify({ calibrations: results })}\n` : `${table(io, results)}\n`,
  );
  return results.every(({ kept }) => kept) ? exitCode.ok : exitCode.failed;
}

const promiseText = (promised: PromisedShare): string =>
  "atMost" in promised
    ? `at most ${format.percent(promised.atMost, 0)}`
    : promised.between.map((share) => format.percent(share, 0)).join(" to ");

const table = (io: Io, results: readonly CalibrationResult[]): string =>
  textTable(
    [
      { title: "how often" },
      { title: "under", shrinks: true },
      { title: "runs", align: "right" },
      { title: "share", align: "right" },
      { title: "standard error", align: "right" },
      { title: "promised" },
      { title: "" },
    ],
    results.map(({ counts, law, runs, share, standardError, promised, kept }) => [
      counts,
      { text: law, tone: "quiet" },
      format.count(runs),
      format.percent(share, 1),
      format.percent(standardError, 1),
      promiseText(promised),
      kept ? { text: "kept", tone: "good" } : { text: "missed", tone: "bad" },
    ]),
    tableOptions(io.stdout, widthWithoutTerminal),
  );
