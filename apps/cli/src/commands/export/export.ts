import { stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { makeFolder } from "@steepest/files";
import { exportGpt, saveGptWeights } from "@steepest/nn";
import { SteepestError } from "@steepest/optim";
import { format } from "@steepest/report";
import { openTrained } from "@steepest/train";
import { Command } from "commander";
import { countArgument } from "../../arguments.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { checkReplaceable } from "../pictureFile.js";

interface ExportArguments {
  readonly safetensors?: string;
  readonly onnx?: string;
  readonly length?: number;
  readonly sequences?: number;
  readonly json?: true;
}

/** `steepest export`: a trained language model as files for other programs. */
export function exportCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("export")
    .description("Write a trained language model as safetensors weights or as an ONNX model")
    .argument("<run>", "the folder of a run of a language workload, such as shakespeare")
    .option("--safetensors <file>", "the weights, under Hugging Face's names for GPT-2")
    .option("--onnx <file>", "the model for inference: from input_ids (int64) to logits (float32)")
    .option(
      "--length <count>",
      "tokens of a sequence of the ONNX model (default: the context)",
      countArgument,
    )
    .option("--sequences <count>", "sequences of a batch of the ONNX model (default: 1)", countArgument)
    .option("--json", "print the files in one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  steepest export runs/shakespeare-adamw-seed0 --onnx gpt.onnx
  steepest export runs/shakespeare-adamw-seed0 --safetensors model.safetensors --onnx gpt.onnx --length 32

The last checkpoint is used, also while the run goes on. Texts shorter than an ONNX model's sequences are
filled up at the end: logits look back alone. Weights of 2 GiB and more lie beside the ONNX file, in
FILE.data.
Exit codes: 0 done, 1 failed, 2 wrong usage.`,
    )
    .action(async (folder: string, options: ExportArguments) => {
      finish(await runExport(io, folder, options));
    });
}

async function runExport(io: Io, folder: string, options: ExportArguments): Promise<ExitCode> {
  const { safetensors, onnx, length, sequences, json } = options;
  if (safetensors === undefined && onnx === undefined)
    throw new SteepestError(
      "misuse",
      "export does not know what to write",
      "Give --safetensors FILE, --onnx FILE or both",
    );
  if (onnx === undefined && (length !== undefined || sequences !== undefined))
    throw new SteepestError(
      "misuse",
      "--length and --sequences are of an ONNX model, and there is no --onnx",
      "Add --onnx FILE, or leave them out: weights fit any length up to the context",
    );
  for (const [option, ending, path] of [
    ["--safetensors", ".safetensors", safetensors],
    ["--onnx", ".onnx", onnx],
  ] as const) {
    if (path !== undefined) await checkModelFile(option, ending, path);
  }
  const { configuration, loaded, parameter, step } = await openTrained(folder, {
    notify: (line) => void io.stderr.write(`${line}\n`),
  });
  if (loaded.language === undefined)
    throw new SteepestError(
      "misuse",
      `the run is one of ${configuration.workload}, whose model is no GPT`,
      "Give the folder of a run of a language workload, such as shakespeare",
    );
  const { model } = loaded.language;
  const paths: string[] = [];
  if (safetensors !== undefined) {
    await saveGptWeights(model, safetensors, parameter);
    paths.push(safetensors);
  }
  if (onnx !== undefined) {
    const batch = {
      ...(length === undefined ? {} : { time: length }),
      ...(sequences === undefined ? {} : { sequences }),
    };
    await makeFolder(dirname(onnx));
    paths.push(...(await exportGpt(model, onnx, parameter, batch)));
  }
  const files = await Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(path)).size })));
  io.stdout.write(
    json === true
      ? `${JSON.stringify({ folder, workload: configuration.workload, step, files })}\n`
      : files.map(({ path, bytes }) => `${path}  ${format.bytes(bytes)}\n`).join(""),
  );
  return exitCode.ok;
}

/** Only what is named as a model is replaced: a word that is left out must not cost another file. */
async function checkModelFile(option: string, ending: string, path: string): Promise<void> {
  await checkReplaceable(path, {
    name: `file named ${ending}`,
    isOurs: () => extname(path).toLowerCase() === ending,
    fix: `Name another file with ${option}, one that ends in ${ending} or does not exist`,
  });
}
