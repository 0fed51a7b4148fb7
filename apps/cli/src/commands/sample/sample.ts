import { SteepestError } from "@steepest/optim";
import { openTrained, threadCount } from "@steepest/train";
import { Command } from "commander";
import { countArgument, numberArgument, wholeNumberArgument } from "../../arguments.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { sampledText } from "./text.js";

interface SampleArguments {
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed: number;
  readonly prompt?: string;
  readonly threads: number;
  readonly json?: true;
}

/** `steepest sample`: text from a language model that `steepest train` has trained. */
export function sampleCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("sample")
    .description("Write text with a trained language model; the same seed writes the same text")
    .argument("<run>", "the folder of a run of shakespeare or procedural-language")
    .option("--tokens <count>", "length of the text in tokens", countArgument, 500)
    .option(
      "--temperature <number>",
      "below 1 the likely grow likelier; 0 always takes the likeliest",
      numberArgument,
      0.8,
    )
    .option("--top-k <count>", "draw from so many of the likeliest tokens (default: from all)", countArgument)
    .option("--seed <integer>", "decides what is drawn", wholeNumberArgument, 0)
    .option("--prompt <text>", "what the text begins with (default: a new line)")
    .option("--threads <count>", "threads of the model's computation", countArgument, 1)
    .option("--json", "print the text in one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  steepest sample runs/shakespeare-adamw-seed0
  steepest sample runs/shakespeare-adamw-seed0 --prompt "ROMEO:" --tokens 200 --temperature 0.7 --top-k 40

The last checkpoint is used, also while the run goes on.
Exit codes: 0 done, 1 failed, 2 wrong usage.`,
    )
    .action(async (folder: string, options: SampleArguments) => {
      finish(await runSample(io, folder, options));
    });
}

async function runSample(io: Io, folder: string, options: SampleArguments): Promise<ExitCode> {
  const { tokens: count, temperature, topK, seed, prompt, json } = options;
  const threads = threadCount(options.threads);
  if (prompt === "")
    throw new SteepestError("invalid-value", "--prompt is empty", "Leave it out to begin with a new line");
  const run = await openTrained(folder, { notify: (line) => void io.stderr.write(`${line}\n`) });
  const text = await sampledText(run, {
    ...{ count, temperature, seed, threads },
    ...(topK === undefined ? {} : { topK }),
    ...(prompt === undefined ? {} : { prompt }),
  });
  const { workload } = run.configuration;
  const drawn = { temperature, ...(topK === undefined ? {} : { topK }), seed };
  io.stdout.write(
    json === true
      ? `${JSON.stringify({ folder, workload, step: run.step, tokens: count, ...drawn, text })}\n`
      : `${text}\n`,
  );
  return exitCode.ok;
}
