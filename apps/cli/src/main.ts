import { SteepestError } from "@steepest/optim";
import { Command, CommanderError } from "commander";
import { benchCommand } from "./commands/bench/bench.js";
import { claimsCommand } from "./commands/claims/claims.js";
import { compareCommand } from "./commands/compare/compare.js";
import { optimizersCommand } from "./commands/optimizers/optimizers.js";
import { raceCommand } from "./commands/race/race.js";
import { scoreCommand } from "./commands/score/score.js";
import { trainCommand } from "./commands/train/train.js";
import { type ExitCode, exitCode, exitCodeOf, type Io } from "./io.js";

/**
 * A command as `main` mounts it: it adds itself to the program and reports its exit code through `finish`.
 */
export type CommandBuilder = (io: Io, finish: (code: ExitCode) => void) => Command;

const commands: readonly CommandBuilder[] = [
  benchCommand,
  claimsCommand,
  compareCommand,
  optimizersCommand,
  raceCommand,
  scoreCommand,
  trainCommand,
];

const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  interactive: process.stderr.isTTY === true,
};

/** Runs `steepest` with the given arguments (without node and script) and returns the exit code. */
export async function main(args: readonly string[], io: Io = processIo): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = new Command("steepest")
    .description("Which optimizer should train your model, and what will it cost?")
    .version("0.1.0")
    // A command reads what stands after it itself, so that one with commands of its own can do the same.
    .enablePositionalOptions();
  for (const build of commands) {
    program.addCommand(build(io, (finished) => (code = finished)));
  }
  for (const command of [program, ...program.commands.flatMap((mounted) => [mounted, ...mounted.commands])]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, "steepest:")),
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (error instanceof SteepestError) {
      io.stderr.write(`steepest: ${error.message}\n`);
      return exitCodeOf(error);
    }
    if (error instanceof Error && explainsItself(error)) {
      io.stderr.write(`steepest: ${error.message}\n`);
      return exitCode.failed;
    }
    throw error;
  }
}

/**
 * Errors of the leaf packages carry their fix, those of the system name the call and the file; anything else
 * is a bug of ours.
 */
const explainsItself = (error: Error): boolean => "fix" in error || "syscall" in error;
