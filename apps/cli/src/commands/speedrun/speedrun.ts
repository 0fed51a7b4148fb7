import { Command } from "commander";
import type { ExitCode, Io } from "../../io.js";
import { boardCommand } from "./board.js";
import { runCommand } from "./run.js";
import { tracksCommand } from "./tracks.js";
import { tuneCommand } from "./tune.js";

/** `steepest speedrun`: races of optimizers to a target loss. */
export const speedrunCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("speedrun")
    .description("Race optimizers to a target loss: tracks, tuning, runs with a verdict, boards")
    .enablePositionalOptions()
    .addCommand(tracksCommand(io, finish))
    .addCommand(tuneCommand(io, finish))
    .addCommand(runCommand(io, finish))
    .addCommand(boardCommand(io, finish))
    .addHelpText(
      "after",
      `
A track is a YAML file: data, model, target, what may change, and which rule decides. A submission is a module
as steepest bench takes it; those that come with Steepest have names.

Examples:
  steepest speedrun tracks
  steepest speedrun tune procedural-steps --submission muon
  steepest speedrun run procedural-steps --submission muon -n 5
  steepest speedrun run shakespeare-steps --submission ./mine.mjs --steps 1200 -n 3
  steepest speedrun board shakespeare-steps --out board.html`,
    );
