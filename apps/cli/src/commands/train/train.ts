import { formatOptimizerSpec, type OptimizerSpec, SteepestError } from "@steepest/optim";
import { format } from "@steepest/report";
import {
  chooseOptimizer,
  type EvaluationPeriod,
  inspectRun,
  openTrained,
  type RunResult,
  resumeRun,
  type TrainConfig,
  train,
  type WeightDecay,
} from "@steepest/train";
import { type Checkpointing, findPreset, findWorkload, type Workload } from "@steepest/workloads";
import { Command, Option } from "commander";
import {
  countArgument,
  missingWorkload,
  numberArgument,
  oneOptimizerArgument,
  optimizerArgument,
  periodArgument,
  wholeNumberArgument,
  workloadHelp,
} from "../../arguments.js";
import { interruptible, resumeLine } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { withOutFolder } from "../../outFolder.js";
import { follow } from "../../terminal/follow.js";
import { sampledText } from "../sample/text.js";
import { createTrainProgress } from "./progress.js";
import { trainSummary } from "./summary.js";

interface TrainArguments {
  readonly preset?: string;
  readonly optimizer?: OptimizerSpec;
  readonly lr?: number;
  readonly schedule?: string;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly decay?: WeightDecay;
  readonly batch?: number;
  readonly accumulate?: number;
  readonly checkpointActivations?: number | true;
  readonly epochs?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly target?: number;
  readonly testTarget?: number;
  readonly seconds?: number;
  readonly cpuSeconds?: number;
  readonly dropout?: number;
  readonly labelSmoothing?: number;
  readonly evaluateEvery?: EvaluationPeriod;
  readonly checkpointEvery?: number;
  readonly out?: string;
  readonly force?: true;
  readonly resume?: string;
  readonly json?: true;
}

/** `steepest train`: trains one workload with one optimizer. */
export function trainCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("train")
    .description("Train a workload with an optimizer; the same seed gives the same bits")
    .argument("[workload]", workloadHelp)
    .option(
      "--preset <name>",
      "the size of the workload's model, where it has several: nanogpt-cpu (default) or baby-gpt",
    )
    .option(
      "-o, --optimizer <name[:key=value,...]>",
      "the optimizer (default: the workload's usual one, else adam)",
      oneOptimizerArgument,
    )
    .option(
      "--lr <number>",
      "learning rate; for Adadelta, Prodigy and their like the factor of the step that they find (default: the optimizer's)",
      numberArgument,
    )
    .option(
      "--schedule <name:key=value,...>",
      "factor on the learning rate; steps may be shares of the run, e.g. cosine:steps=100%,warmup=5%",
    )
    .option("--clip-norm <number>", "bound on the norm of the whole gradient", numberArgument)
    .option("--clip-value <number>", "bound on each element of the gradient", numberArgument)
    .addOption(
      new Option("--decay <what>", "what weight decay is of: all parameters, or matrices alone").choices([
        "all",
        "matrices",
      ]),
    )
    .option("--batch <count>", "examples a step (default: the workload's)", countArgument)
    .option(
      "--accumulate <count>",
      "equal parts to compute each step's gradient in, to save memory",
      countArgument,
    )
    .option(
      "--checkpoint-activations [blocks]",
      "compute so many of the model's blocks (default: each) again in the backward pass, to save memory",
      countArgument,
    )
    .addOption(
      new Option("--epochs <number>", "passes over the training examples (default: the workload's)")
        .argParser(numberArgument)
        .conflicts("steps"),
    )
    .option("--steps <count>", "length of the run in steps", countArgument)
    .option(
      "--seed <integer>",
      "decides initial parameters and order of examples (default: 0)",
      wholeNumberArgument,
    )
    .option("--threads <count>", "threads of the gradient's computation (default: 1)", countArgument)
    .option(
      "--target <number>",
      "stop at this validation accuracy, e.g. 0.88, or loss where the workload has that; exit code 3 if missed",
      numberArgument,
    )
    .option(
      "--test-target <number>",
      "stop only when the test split has reached this too; it is then evaluated as often",
      numberArgument,
    )
    .option("--seconds <number>", "stop when training has taken so long, if not before", numberArgument)
    .option("--cpu-seconds <number>", "the same in CPU time of the whole process", numberArgument)
    .option(
      "--dropout <rate>",
      "share of hidden units to drop in training, where there are any (default: the workload's)",
      numberArgument,
    )
    .option(
      "--label-smoothing <share>",
      "share of the training labels to spread over all classes, where there are any (default: the workload's)",
      numberArgument,
    )
    .option(
      "--evaluate-every <period>",
      "period of evaluations: steps, or seconds of training as in 2.5s (default: an epoch)",
      periodArgument,
    )
    .option("--checkpoint-every <steps>", "period of checkpoints (default: an epoch)", countArgument)
    .option("--out <folder>", "the run's folder (default: a new one in runs/, named after the options)")
    .option("--force", "replace the run that --out holds")
    .addOption(new Option("--resume <folder>", "continue the run of this folder").conflicts(["out", "force"]))
    .option("--json", "print the result as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  steepest train fashion-mnist --optimizer adam --lr 0.001 --epochs 10
  steepest train fashion-mnist -o momentum:lr=0.05,beta=0.9 --batch 64 --target 0.88
  steepest train sparse-logistic -o adam --steps 2000 --seconds 10 --evaluate-every 0.5s
  steepest train shakespeare --preset nanogpt-cpu -o muon --seed 1 --json
  steepest train --resume runs/fashion-mnist-adam-seed0

A language workload is trained as nanoGPT does (AdamW, warm-up and cosine, clipping, decay of matrices, 2001
updates) where no option says otherwise, also under another optimizer.
Ctrl-C saves the run and prints how to resume it; a second one stops at once.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 target missed, 130 interrupted.`,
    )
    .action(async (workload: string | undefined, options: TrainArguments) => {
      finish(await interruptible((signal) => runTrain(io, workload, options, signal)));
    });
}

async function runTrain(
  io: Io,
  workload: string | undefined,
  options: TrainArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  const choices = chosen(workload, options);
  const progress = createTrainProgress(io);
  if (options.resume !== undefined) {
    const run = resumeRun(options.resume, { signal, expect: choices });
    return report(io, await follow(run, signal, progress), options.resume, options);
  }
  if (workload === undefined) throw missingWorkload("train");
  const { name, recipe } = sizeOf(workload, options);
  const optimizer = options.optimizer ?? optimizerArgument(recipe?.optimizer ?? "adam");
  const config = { ...choices, workload: name, optimizer, recipe: true };
  chooseOptimizer(config);
  return withOutFolder(options.out, runName(config), async (folder) => {
    await checkFree(folder, options);
    const run = train({ ...config, folder, overwrite: options.force === true, signal });
    return report(io, await follow(run, signal, progress), folder, options);
  });
}

/** The workload that is asked for, in the size that is asked for. */
function sizeOf(workload: string, { preset }: TrainArguments): Workload {
  const found = findWorkload(workload);
  return preset === undefined ? found : findPreset(found, preset);
}

/** What `--checkpoint-activations` asks for: every block, or stretches of so many. */
const recomputed = (blocks: number | true): Checkpointing => (blocks === true ? "full" : { every: blocks });

/** The choices that the options make, without any default. */
function chosen(workload: string | undefined, options: TrainArguments): Partial<TrainConfig> {
  const clip = {
    ...(options.clipNorm === undefined ? {} : { globalNorm: options.clipNorm }),
    ...(options.clipValue === undefined ? {} : { value: options.clipValue }),
  };
  const budget = {
    ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
    ...(options.cpuSeconds === undefined ? {} : { cpuSeconds: options.cpuSeconds }),
  };
  return {
    ...(workload === undefined ? {} : { workload: sizeOf(workload, options).name }),
    ...(options.optimizer === undefined ? {} : { optimizer: options.optimizer }),
    ...(options.lr === undefined ? {} : { learningRate: options.lr }),
    ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
    ...(Object.keys(clip).length === 0 ? {} : { clip }),
    ...(options.decay === undefined ? {} : { decay: options.decay }),
    ...(options.batch === undefined ? {} : { batchSize: options.batch }),
    ...(options.accumulate === undefined ? {} : { accumulate: options.accumulate }),
    ...(options.checkpointActivations === undefined
      ? {}
      : { checkpointing: recomputed(options.checkpointActivations) }),
    ...(options.epochs === undefined ? {} : { epochs: options.epochs }),
    ...(options.steps === undefined ? {} : { steps: options.steps }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.target === undefined ? {} : { target: options.target }),
    ...(options.testTarget === undefined ? {} : { testTarget: options.testTarget }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
    ...(options.dropout === undefined ? {} : { dropout: options.dropout }),
    ...(options.labelSmoothing === undefined ? {} : { labelSmoothing: options.labelSmoothing }),
    ...(options.evaluateEvery === undefined ? {} : { evaluateEvery: options.evaluateEvery }),
    ...(options.checkpointEvery === undefined ? {} : { checkpointEvery: options.checkpointEvery }),
  };
}

/** What the command line can choose: code that trains has no name there. */
type CommandConfig = TrainConfig & { readonly workload: string; readonly optimizer: OptimizerSpec };

const runName = ({
  workload,
  optimizer,
  learningRate,
  batchSize,
  epochs,
  steps,
  seed,
}: CommandConfig): string =>
  [
    workload,
    formatOptimizerSpec(optimizer),
    ...(learningRate === undefined ? [] : [`lr${learningRate}`]),
    ...(batchSize === undefined ? [] : [`batch${batchSize}`]),
    ...(epochs === undefined ? [] : [`epochs${epochs}`]),
    ...(steps === undefined ? [] : [`steps${steps}`]),
    `seed${seed ?? 0}`,
  ]
    .join("-")
    .replaceAll("=", "")
    .replace(/[^\w.-]+/g, "-");

/** @throws SteepestError where the folder that the user named holds a run, with the ways on */
async function checkFree(folder: string, options: TrainArguments): Promise<void> {
  if (options.out === undefined || options.force === true) return;
  const status = await inspectRun(folder);
  if (status.kind === "absent") return;
  const found =
    status.kind === "complete"
      ? `a complete run of ${format.counted(status.result.steps, "step")}`
      : `a run at step ${status.checkpoint?.progress.step ?? 0} of ${status.configuration.steps}`;
  throw new SteepestError(
    "invalid-value",
    `${JSON.stringify(folder)} holds ${found}`,
    `${status.kind === "partial" ? `Continue it with --resume ${JSON.stringify(folder)}, replace` : "Replace"} it with --force, or choose another --out`,
  );
}

/** What a language model writes once it is trained. */
const sampledAtTheEnd = { count: 500, temperature: 0.8, seed: 0 };

/** Writes the result and says which exit code it means. */
async function report(io: Io, result: RunResult, folder: string, options: TrainArguments): Promise<ExitCode> {
  if (options.json === true) io.stdout.write(`${JSON.stringify({ ...result, folder })}\n`);
  if (result.outcome === "interrupted") {
    const kept =
      result.step === 0
        ? "Interrupted before the first step; only the choices of the run are saved. Begin it with:"
        : `Interrupted after step ${result.step} of ${result.steps}; everything is saved. Continue with:`;
    io.stderr.write(`${kept}\n  ${resumeLine("train", folder)}\n`);
    return exitCode.interrupted;
  }
  if (options.json !== true) {
    io.stdout.write(`${trainSummary(result, folder)}\n`);
    if (findWorkload(result.workload).learnsLanguage === true)
      io.stdout.write(`\n${await sampledText(await openTrained(folder), sampledAtTheEnd)}\n`);
  }
  const missed = [result.target, result.testTarget].some((target) => target?.reached === false);
  return missed ? exitCode.targetMissed : exitCode.ok;
}
