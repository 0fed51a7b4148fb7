import { resolve } from "node:path";
import {
  type BenchStatus,
  jobOfBench,
  kubernetesManifest,
  runBench,
  schedulerOf,
  submitBench,
} from "@steepest/bench";
import { format } from "@steepest/report";
import { Command } from "commander";
import { interruptible, resumeLine } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { follow } from "../../terminal/follow.js";
import { type EngineArguments, withEngine, withEngineOptions, workersOf } from "./engine.js";
import { type BenchPlace, openBench, planOfFile } from "./place.js";
import { createBenchProgress } from "./progress.js";
import { printScore } from "./score.js";
import { damageLines, statusJson, statusLine } from "./status.js";

interface RunArguments extends EngineArguments {
  readonly out?: string;
  readonly json?: true;
}

const withCommonOptions = (command: Command): Command =>
  withEngineOptions(command).option(
    "--json",
    "print the scores as one JSON object; with a scheduler, what it was given",
  );

const exitCodes = `
Ctrl-C stops the workers and prints how to continue; complete trials are never run again.
Exit codes: 0 done, 1 some trials failed, 2 wrong usage, 4 scored, but some logs are damaged, 130 interrupted.`;

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

/** How a scheduler's task calls this program. */
const ownCommand = (): readonly string[] => [process.execPath, resolve(process.argv[1] ?? "")];

async function carryOut(
  io: Io,
  { folder, plan: planned }: BenchPlace,
  options: RunArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  const plan = withEngine(planned, options);
  const { engine } = plan;
  if (engine.kind === "kubernetes") {
    const job = await jobOfBench(folder, plan, engine);
    io.stdout.write(
      options.json === true ? `${JSON.stringify(job, undefined, 2)}\n` : kubernetesManifest(job),
    );
    io.stderr.write(`The plan is in ${folder}: put that folder into the claim, then kubectl apply -f\n`);
    return exitCode.ok;
  }
  const scheduler = schedulerOf(engine);
  if (scheduler !== undefined) {
    const { status, trials, jobs } = await submitBench(folder, plan, scheduler, ownCommand());
    io.stdout.write(
      options.json === true
        ? `${JSON.stringify({ ...statusJson(status), submitted: { trials, jobs } }, undefined, 2)}\n`
        : `${submitted(status, trials, jobs)}\nTrials: ${folder}\n`,
    );
    return exitCode.ok;
  }
  const progress = createBenchProgress(io, plan);
  const status = await follow(runBench(folder, plan, { workers: workersOf(plan), signal }), signal, progress);
  const { begun, absent, failed } = status.counts;
  // Failed trials that were due again are not to be told from those of an earlier run.
  if (begun + absent > 0 || (signal.aborted && status.missing.length > 0)) {
    io.stderr.write(`${interrupted(status, folder)}\n`);
    return exitCode.interrupted;
  }
  // Where every trial failed there is no log to score.
  const scored =
    failed < status.total ? await printScore(io, folder, plan, options.json === true) : undefined;
  if (scored !== undefined && status.missing.length === 0) return scored;
  for (const line of damageLines(status)) io.stderr.write(`${line}\n`);
  const next = failed > 0 ? "try the failed ones again" : "go on";
  io.stderr.write(`${statusLine(status)}; ${next} with:\n  ${resumeLine("bench", folder)}\n`);
  return exitCode.failed;
}

const submitted = (status: BenchStatus, trials: number, jobs: readonly string[]): string =>
  [
    statusLine(status),
    trials === 0
      ? "the scheduler has been given nothing new"
      : `${format.counted(trials, "trial")} handed over in ${format.counted(jobs.length, "job")} ${jobs.join(", ")}`,
  ].join("; ");

const interrupted = (status: BenchStatus, folder: string): string =>
  `Interrupted: ${statusLine(status)}; what is complete is kept. Continue with:\n  ${resumeLine("bench", folder)}`;
