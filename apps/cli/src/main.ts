import { SteepestError } from "@steepest/optim";
import { Command, CommanderError } from "commander";
import { type ExitCode, exitCode, exitCodeOf, type Io } from "./io.js";

/**
 * A command as `main` mounts it: it adds itself to the program and reports its exit code through `finish`.
 */
export type CommandBuilder = (io: Io, finish: (code: ExitCode) => void) => Command;

/** Loaded when they are named: each needs other packages, and a scheduler's task should begin at once. */
const commands: Readonly<Record<string, () => Promise<CommandBuilder>>> = {
  bench: async () => (await import("./commands/bench/bench.js")).benchCommand,
  claims: async () => (await import("./commands/claims/claims.js")).claimsCommand,
  compare: async () => (await import("./commands/compare/compare.js")).compareCommand,
  memory: async () => (await import("./commands/memory/memory.js")).memoryCommand,
  export: async () => (await import("./commands/export/export.js")).exportCommand,
  optimizers: async () => (await import("./commands/optimizers/optimizers.js")).optimizersCommand,
  race: async () => (await import("./commands/race/race.js")).raceCommand,
  sample: async () => (await import("./commands/sample/sample.js")).sampleCommand,
  score: async () => (await import("./commands/score/score.js")).scoreCommand,
  speedrun: async () => (await import("./commands/speedrun/speedrun.js")).speedrunCommand,
  tokenise: async () => (await import("./commands/tokenise/tokenise.js")).tokeniseCommand,
  train: async () => (await import("./commands/train/train.js")).trainCommand,
};

/** The command that is called; all of them for help, and for a name that is none. */
function neededCommands([name = ""]: readonly string[]): Promise<readonly CommandBuilder[]> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return Promise.all((load === undefined ? Object.values(commands) : [load]).map((one) => one()));
}

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
  for (const build of await neededCommands(args)) {
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
