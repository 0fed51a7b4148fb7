import { runBenchTrial } from "@steepest/bench";
import { Command } from "commander";
import { wholeNumberArgument } from "../../arguments.js";
import { interruptible } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { openBench } from "./place.js";

interface TrialArguments {
  readonly plan: string;
  readonly index: number;
}

/** `steepest bench trial`: one trial of a plan, for schedulers. */
export const trialCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("trial")
    .description("Run one trial of a bench, or what is left of it; a complete one is left alone")
    .requiredOption("--plan <folder>", "the bench, or the plan.json in it")
    .requiredOption("--index <number>", "which trial, from 0", wholeNumberArgument)
    .addHelpText(
      "after",
      `
Exit codes: 0 the trial has an outcome (completed, diverged, or given up after three attempts, with its log), 1 failed,
2 wrong usage, 130 interrupted with a checkpoint.`,
    )
    .action(async ({ plan: path, index }: TrialArguments) => {
      finish(
        await interruptible(async (signal) => {
          const { folder, plan } = await openBench(path);
          const outcome = await runBenchTrial(folder, plan, index, { signal });
          if (outcome === undefined || outcome.kind === "interrupted") return exitCode.interrupted;
          const text = outcome.kind === "completed" ? "" : `: ${outcome.reason}`;
          io.stdout.write(`trial ${index} ${outcome.kind}${text}\n`);
          return exitCode.ok;
        }),
      );
    });
