import { Command } from "commander";
import type { ExitCode, Io } from "../../io.js";
import { calibrateCommand } from "./calibrate.js";
import { cancelCommand } from "./cancel.js";
import { exportCommand } from "./export.js";
import { planCommand } from "./plan.js";
import { resumeCommand, runCommand } from "./run.js";
import { benchScoreCommand } from "./score.js";
import { statusCommand } from "./status.js";
import { trialCommand } from "./trial.js";

/** `steepest bench`: submissions on workloads by AlgoPerf's rules, resumable after anything. */
export const benchCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("bench")
    .description("Run submissions on workloads by AlgoPerf's rules: planned, resumable, scored")
    .enablePositionalOptions()
    .addCommand(planCommand(io, finish))
    .addCommand(runCommand(io, finish))
    .addCommand(resumeCommand(io, finish))
    .addCommand(statusCommand(io, finish))
    .addCommand(cancelCommand(io, finish))
    .addCommand(benchScoreCommand(io, finish))
    .addCommand(exportCommand(io, finish))
    .addCommand(trialCommand(io, finish))
    .addCommand(calibrateCommand(io, finish))
    .addHelpText(
      "after",
      `
A plan is a YAML file; its bench is the folder that run fills, runs/<name> unless --out says otherwise.

Examples:
  steepest bench plan examples/tiny.yaml
  steepest bench run examples/tiny.yaml
  steepest bench status runs/tiny
  steepest bench cancel runs/tiny
  steepest bench resume runs/tiny
  steepest bench score runs/tiny
  steepest bench export runs/tiny --algoperf tiny-algoperf
  steepest bench calibrate`,
    );
