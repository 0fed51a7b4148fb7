import { extname } from "node:path";
import {
  type AttentionKind,
  type Checkpointing,
  findModel,
  type MethodName,
  methodNames,
  methods,
  namedModels,
  type PlanOptions,
  planMemory,
  precisionPolicies,
} from "@steepest/memory";
import { formatOptimizerSpec, type OptimizerSpec, SteepestError } from "@steepest/optim";
import { memoryHtml, stackedBarsSvg, type ThemeName } from "@steepest/report";
import { Command, Option } from "commander";
import { countArgument, fileArgument, numberArgument, optimizerArgument } from "../../arguments.js";
import { interruptible, shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { checkOutFile } from "../../outFolder.js";
import { tableOptions } from "../../terminal/progress.js";
import { checkReplaceable, writePicture } from "../pictureFile.js";
import { browserText, runBrowserMeasure } from "./browser.js";
import { planJson } from "./json.js";
import { type MeasureArguments, measurementJson, measurementText, runMeasure } from "./measure.js";
import { memoryReport } from "./report.js";
import { checkpointArgument, parametersArgument, sizeArgument } from "./sizes.js";
import { planText } from "./text.js";

interface MemoryArguments {
  readonly method?: MethodName;
  readonly optimizer?: OptimizerSpec;
  readonly rest?: OptimizerSpec;
  readonly precision?: string;
  readonly state?: "full" | "8bit";
  readonly batch?: number;
  readonly seq?: number;
  readonly accumulate?: number;
  readonly checkpoint?: Checkpointing | true;
  readonly attention?: AttentionKind;
  readonly dropout?: boolean;
  readonly gpus?: number;
  readonly zero?: "0" | "1" | "2" | "3";
  readonly tensor?: number;
  readonly pipeline?: number;
  readonly sequenceParallel?: true;
  readonly device?: number;
  readonly params?: number;
  readonly fragmentation?: number;
  readonly overhead?: number;
  readonly optimizers?: true;
  readonly out?: string;
  readonly theme: ThemeName;
  readonly force?: true;
  readonly measure?: string;
  readonly browser?: true;
  readonly steps?: number;
  readonly threads?: number;
  readonly json?: true;
}

const widthWithoutTerminal = 110;

/** Options that are about other machines and formulas, of which a measurement knows nothing. */
const plannersOptions = [
  ...["method", "rest", "precision", "state", "attention", "dropout", "gpus", "zero", "tensor", "pipeline"],
  ...["sequenceParallel", "device", "params", "fragmentation", "overhead", "optimizers"],
  ...["out", "theme", "force"],
] as const;

/** `steepest memory`: what a training run will need, before it is run. */
export function memoryCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("memory")
    .description("Plan the memory of a training run: every term with its formula, what fits, what frees most")
    .argument("[model]", "a name (see below), a config.json, a .safetensors or .onnx file")
    .addOption(
      new Option(
        "--measure <workload>",
        "train a few steps of a workload or GPT preset in a fresh process: predicted beside measured",
      ).conflicts([...plannersOptions]),
    )
    .addOption(
      new Option(
        "--browser",
        "with --measure: the optimizer's WebAssembly memory in a page of Chromium, planned beside measured",
      ).conflicts(["steps", "threads", "batch", "accumulate", "checkpoint", ...plannersOptions]),
    )
    .option("--steps <count>", "with --measure: steps after the first gradient (default: 3)", countArgument)
    .option("--threads <count>", "with --measure: threads of the computation (default: 1)", countArgument)
    .addOption(
      new Option(
        "--method <name>",
        `whose formulas: ${methodNames.map((name) => `${name} (${methods[name].summary})`).join("; ")}`,
      ).choices(methodNames),
    )
    .option("-o, --optimizer <name[:key=value,...]>", "the optimizer (default: adamw)", optimizerArgument)
    .option(
      "--rest <name[:key=value,...]>",
      "another optimizer for all but hidden matrices and convolutions (default: the same)",
      optimizerArgument,
    )
    .addOption(
      new Option("--precision <name>", "of parameters, gradients, state (default: mixed-fp16)").choices(
        precisionPolicies.map(({ name }) => name),
      ),
    )
    .addOption(
      new Option("--state <kind>", "the optimizer's arrays: full, or 8bit in blocks of 256").choices([
        "full",
        "8bit",
      ]),
    )
    .option("--batch <count>", "examples a device and update (default: 32)", countArgument)
    .option(
      "--seq <length>",
      "places a sequence (default: 1024, or the model's context where shorter)",
      countArgument,
    )
    .option("--accumulate <count>", "parts that a batch is split into (default: 1)", countArgument)
    .option(
      "--checkpoint [kind]",
      "recompute activations: full (where left out), selective, every=K, none; half and sqrt are readings",
      checkpointArgument,
    )
    .addOption(
      new Option("--attention <kind>", "unfused, or flash: scores are never whole").choices([
        "unfused",
        "flash",
      ]),
    )
    .option("--dropout", "keep dropout's masks, whatever the model's habit")
    .option("--no-dropout", "keep none")
    .option("--gpus <count>", "devices in all (default: 1)", countArgument)
    .addOption(new Option("--zero <stage>", "what data-parallel devices share").choices(["0", "1", "2", "3"]))
    .option("--tensor <count>", "devices that share the matrices of a layer (default: 1)", countArgument)
    .option("--pipeline <count>", "devices that hold a part of the layers each (default: 1)", countArgument)
    .option("--sequence-parallel", "tensor-parallel devices share what lies between matrices, too")
    .option("--device <size>", "memory of one device, such as 32GB or 80GiB", sizeArgument)
    .option(
      "--params <count>",
      "parameters in place of the model's own, such as 1.5e9 or 1.5B",
      parametersArgument,
    )
    .option("--fragmentation <share>", "what cannot be used, as a share of what is: 0.1", numberArgument)
    .option("--overhead <size>", "context and libraries of a device (0B for none)", sizeArgument)
    .option("--optimizers", "the same run under every optimizer")
    .option("--out <file>", "a page (.html) or the stacked chart alone (.svg)", fileArgument(".html", ".svg"))
    .addOption(
      new Option("--theme <name>", "colours of the chart alone").choices(["light", "dark"]).default("light"),
    )
    .option("--force", "replace the file of --out also where it is no page or picture of Steepest")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Models by name: ${namedModels.map(({ name }) => name).join(", ")}.
GB are 1e9 bytes, GiB 2^30. All figures are for the device that needs most.

Examples:
  steepest memory gpt2-xl --method lecture --params 1.5e9
  steepest memory llama-3-8b --batch 8 --seq 4096 --attention flash --checkpoint --device 80GiB
  steepest memory gpt2 --optimizer muon --zero 2 --gpus 8 --device 24GB --out memory.html
  steepest memory 784-100-10 --precision fp32 --batch 128 --overhead 0B
  steepest memory --measure fashion-mnist --optimizer shampoo
  steepest memory --measure nanogpt-cpu --batch 24 --seq 128 --checkpoint
  steepest memory --measure nanogpt-cpu --optimizer muon --browser

Exit codes: 0 done (also where it does not fit), 1 failed, 2 wrong usage.`,
    )
    .action(async (name: string | undefined, options: MemoryArguments) => {
      const { measure } = options;
      if (measure !== undefined) {
        refuseModel(name, measure);
        const run = options.browser === true ? runInBrowser : runMeasurement;
        finish(await run(io, { ...options, measure }));
        return;
      }
      if (options.browser === true) throw missingWorkload();
      if (name === undefined) throw missingModel();
      finish(await runPlan(io, name, options));
    });
}

async function runMeasurement(io: Io, options: MeasureArguments & MemoryArguments): Promise<ExitCode> {
  const measured = await interruptible((signal) => runMeasure(options, signal));
  const text =
    options.json === true
      ? JSON.stringify(measurementJson(measured))
      : measurementText(measured, tableOptions(io.stdout, widthWithoutTerminal));
  io.stdout.write(`${text}\n`);
  return exitCode.ok;
}

async function runInBrowser(io: Io, options: MeasureArguments & MemoryArguments): Promise<ExitCode> {
  const measured = await interruptible((signal) => runBrowserMeasure(options, signal));
  const text =
    options.json === true
      ? JSON.stringify(measured)
      : browserText(measured, tableOptions(io.stdout, widthWithoutTerminal));
  io.stdout.write(`${text}\n`);
  return exitCode.ok;
}

async function runPlan(io: Io, name: string, options: MemoryArguments): Promise<ExitCode> {
  const { out, json, optimizers = false } = options;
  if (out !== undefined) {
    await checkOutFile(out);
    if (options.force !== true) await checkReplaceable(out);
  }
  const model = findModel(name);
  const asked = planOptions(options);
  const plan = planMemory(model, asked);
  if (out !== undefined) {
    const report = memoryReport(plan, asked, commandLine(name, options));
    const isPage = extname(out).toLowerCase() === ".html";
    await writePicture(
      out,
      isPage ? memoryHtml(report) : stackedBarsSvg(report.chart, { theme: options.theme }),
    );
  }
  if (json === true) {
    io.stdout.write(`${JSON.stringify({ ...planJson(plan, asked, optimizers), file: out })}\n`);
    return exitCode.ok;
  }
  const layout = { ...tableOptions(io.stdout, widthWithoutTerminal), optimizers };
  const written =
    out === undefined ? "" : `\n${extname(out) === ".svg" ? "The chart" : "The page"}: ${out}\n`;
  io.stdout.write(`${planText(plan, asked, layout)}\n${written}`);
  return exitCode.ok;
}

/** The command that makes the same plan again. */
function commandLine(name: string, options: MemoryArguments): string {
  const { checkpoint, dropout } = options;
  const flag = (text: string, value: number | string | undefined): readonly string[] =>
    value === undefined ? [] : [text, String(value)];
  const spec = (text: string, value: OptimizerSpec | undefined) =>
    flag(text, value === undefined ? undefined : formatOptimizerSpec(value));
  const bytes = (text: string, value: number | undefined) =>
    flag(text, value === undefined ? undefined : `${value}B`);
  const kind =
    typeof checkpoint !== "object"
      ? undefined
      : checkpoint.kind === "every"
        ? `every=${checkpoint.layers}`
        : checkpoint.kind;
  return [
    `npx steepest memory ${shellWord(name)}`,
    ...flag("--method", options.method),
    ...spec("--optimizer", options.optimizer),
    ...spec("--rest", options.rest),
    ...flag("--precision", options.precision),
    ...flag("--state", options.state),
    ...flag("--batch", options.batch),
    ...flag("--seq", options.seq),
    ...flag("--accumulate", options.accumulate),
    ...(checkpoint === true ? ["--checkpoint"] : flag("--checkpoint", kind)),
    ...flag("--attention", options.attention),
    ...(dropout === undefined ? [] : [dropout ? "--dropout" : "--no-dropout"]),
    ...flag("--gpus", options.gpus),
    ...flag("--zero", options.zero),
    ...flag("--tensor", options.tensor),
    ...flag("--pipeline", options.pipeline),
    ...(options.sequenceParallel === true ? ["--sequence-parallel"] : []),
    ...bytes("--device", options.device),
    ...flag("--params", options.params),
    ...flag("--fragmentation", options.fragmentation),
    ...bytes("--overhead", options.overhead),
  ].join(" ");
}

const missingModel = (): SteepestError =>
  new SteepestError(
    "invalid-value",
    "no model is given",
    "Write steepest memory gpt2-xl to plan, or steepest memory --measure fashion-mnist to measure",
  );

const missingWorkload = (): SteepestError =>
  new SteepestError(
    "invalid-value",
    "--browser measures, and no workload is given",
    "Write steepest memory --measure fashion-mnist --browser",
  );

/** @throws SteepestError `invalid-value` where a model is given to a measurement */
function refuseModel(name: string | undefined, workload: string): void {
  if (name === undefined) return;
  throw new SteepestError(
    "invalid-value",
    `both a model to plan, ${name}, and a workload to measure, ${workload}, are given`,
    "Give one of the two",
  );
}

const zeroStages = { "0": 0, "1": 1, "2": 2, "3": 3 } as const;

/** What the planner is asked, from the options that were given. */
const planOptions = ({
  params,
  seq,
  checkpoint,
  state,
  gpus,
  zero,
  ...options
}: MemoryArguments): PlanOptions => ({
  ...options,
  ...{ parameters: params, sequence: seq, eightBitState: state === "8bit" },
  checkpoint: checkpoint === true ? { kind: "full" } : checkpoint,
  parallelism: {
    ...{ devices: gpus, tensor: options.tensor, pipeline: options.pipeline },
    ...{ zero: zero && zeroStages[zero], sequence: options.sequenceParallel },
  },
});
