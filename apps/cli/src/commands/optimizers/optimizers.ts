import { type OptimizerSpec, optimizerOf, registry } from "@steepest/optim";
import { Command } from "commander";
import { optimizerArgument } from "../../arguments.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { columnsOf } from "../../terminal/progress.js";
import { describeOptimizer, optimizerData, optimizerTable } from "./text.js";

interface OptimizersArguments {
  readonly json?: true;
  readonly wide?: true;
}

/** Columns of the table in a file or a pipe. */
const widthWithoutTerminal = 120;

/** `steepest optimizers`: what there is to choose from, or one of them in full. */
export function optimizersCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("optimizers")
    .description("List the optimizers with formula, state and reference, or show one in full")
    .argument(
      "[name]",
      "one of them, with options to see that form: rmsprop:centered=true",
      optimizerArgument,
    )
    .option("--wide", "as wide as it gets, instead of the terminal's width (120 columns where there is none)")
    .option("--json", "print as JSON")
    .addHelpText(
      "after",
      `
Examples:
  steepest optimizers
  steepest optimizers adam
  steepest optimizers rmsprop:preset=torch
  steepest optimizers amsgrad --json`,
    )
    .action((spec: OptimizerSpec | undefined, { json, wide }: OptimizersArguments) => {
      const width = wide === true ? Number.POSITIVE_INFINITY : columnsOf(io.stdout, widthWithoutTerminal);
      io.stdout.write(`${json === true ? asJson(spec) : asText(spec, width)}\n`);
      finish(exitCode.ok);
    });
}

const asText = (spec: OptimizerSpec | undefined, width: number): string =>
  spec === undefined ? optimizerTable(registry, width) : describeOptimizer(optimizerOf(spec), spec);

const asJson = (spec: OptimizerSpec | undefined): string =>
  JSON.stringify(
    spec === undefined
      ? registry.map((entry) => optimizerData(entry, {}))
      : optimizerData(optimizerOf(spec), spec),
    undefined,
    2,
  );
