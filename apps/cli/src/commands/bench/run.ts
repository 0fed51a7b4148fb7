import { type BenchStatus, defaultWorkers, runBench } from "@steepest/bench";
import { Command } from "commander";
import { countArgument } from "../../arguments.js";
import { interruptible, shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { follow } from "../../terminal/follow.js";
import { type BenchPlace, openBench, planOfFile } from "./place.js";
import { createBenchProgress } from "./progress.js";
import { printScore } from "./score.js";
import { statusLine } from "./status.js";

interface RunArguments {
  readonly workers?: number;
  readonly out?: string;
  readonly json?: true;
}

const withCommonOptions = (command: Command): Command =>
  command
    .option(
      "--workers <count>",
      "trials at a time, one thread each (default: the plan's, or one a core)",
      countArgument,
    )
    .option("--json", "print the scores as one JSON object");

const exitCodes = `
Ctrl-C stops the workers and prints how to continue; complete trials are never run again.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

/** `steepest bench run`: begins a plan or goes on with it. */
export const runCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  withCommonOptions(
    new Command("run")
      .description("Run the trials of a plan that have no outcome yet, then score them")
      .argument("<file.yaml>", "the plan")
      .option("--out <folder>", "where the trials go (default: runs/<name of the plan>)"),
  )
    .addHelpText("after", exitCodes)
    .action(async (path: string, options: RunArguments) => {
      finish(
        await interruptible(async (signal) =>
          carryOut(io, await planOfFile(io, path, options.out), options, signal),
        ),
      );
    });

/** `steepest bench resume`: goes on with what a folder holds. */
export const resumeCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  withCommonOptions(
    new Command("resume")
      .description("Go on with a bench that was interrupted, by whatever")
      .argument("<folder>", "the bench"),
  )
    .addHelpText("after", exitCodes)
    .action(async (path: string, options: RunArguments) => {
      finish(await interruptible(async (signal) => carryOut(io, await openBench(path), options, signal)));
    });

async function carryOut(
  io: Io,
  { folder, plan }: BenchPlace,
  options: RunArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  const workers = options.workers ?? plan.engine.workers ?? defaultWorkers();
  const progress = createBenchProgress(io, plan);
  const status = await follow(runBench(folder, plan, { workers, signal }), signal, progress);
  const { completed, diverged, failed } = status.counts;
  if (completed + diverged + failed < status.total) {
    io.stderr.write(`${interrupted(status, folder)}\n`);
    return exitCode.interrupted;
  }
  await printScore(io, folder, plan, options.json === true);
  if (failed === 0) return exitCode.ok;
  io.stderr.write(`${statusLine(status)}; try the failed ones again with:\n  ${resumeLine(folder)}\n`);
  return exitCode.failed;
}

const resumeLine = (folder: string): string => `npx steepest bench resume ${shellWord(folder)}`;

const interrupted = (status: BenchStatus, folder: string): string =>
  `Interrupted: ${statusLine(status)}; what is complete is kept. Continue with:\n  ${resumeLine(folder)}`;
