import { cpus } from "node:os";
import { join } from "node:path";
import {
  type Comparison,
  type ComparisonConfig,
  type ComparisonPlan,
  compare,
  comparisonFolders,
  defaultWorkers,
  describeEntrant,
  type InterruptedComparison,
  parseEntrant,
  planComparison,
} from "@steepest/bench";
import { SteepestError } from "@steepest/optim";
import { type ComparisonData, comparisonHtml, format } from "@steepest/report";
import { findWorkload } from "@steepest/workloads";
import { Command, Option } from "commander";
import { countArgument, missingWorkload, numberArgument, workloadHelp } from "../../arguments.js";
import { interruptible, resumeLine } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { checkOutFile, withOutFolder } from "../../outFolder.js";
import { follow } from "../../terminal/follow.js";
import { checkReplaceable, writePicture } from "../pictureFile.js";
import { defaultField } from "./field.js";
import { createCompareProgress } from "./progress.js";
import { leaderboard } from "./summary.js";

interface CompareArguments {
  readonly optimizer?: readonly string[];
  readonly seeds?: number;
  readonly trials?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly target?: number;
  readonly workers?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly force?: true;
  readonly json?: true;
}

/** `steepest compare`: tunes and compares optimizers on one workload. */
export function compareCommand(io: Io, finish: (code: ExitCode) => void): Command {
  const planning = ["optimizer", "seeds", "trials", "epochs", "batch", "target", "out"];
  return new Command("compare")
    .description("Compare optimizers on a workload: tuned alike, over several seeds, with honest verdicts")
    .argument("[workload]", workloadHelp)
    .option(
      "-o, --optimizer <[label=]name[:key=value,...][+schedule]>",
      `an optimizer, once for each; lr=... fixes its learning rate (default: ${defaultField.map(labelOf).join(", ")})`,
      textsArgument,
    )
    .option("--seeds <count>", "seeds for each optimizer and learning rate (default: 3)", countArgument)
    .option("--trials <count>", "quasi-random learning rates for each optimizer (default: 3)", countArgument)
    .option(
      "--epochs <number>",
      "passes over the training examples a trial (default: as long as the target was set for)",
      numberArgument,
    )
    .option("--batch <count>", "examples a step (default: the workload's)", countArgument)
    .option(
      "--target <number>",
      "what to reach on validation, in the workload's metric (default: its own)",
      numberArgument,
    )
    .option(
      "--workers <count>",
      "trials at a time, one thread each (default: 2, or 1 on one core)",
      countArgument,
    )
    .option(
      "--out <folder|file.html>",
      "where the trials and report.html go (default: a new folder in runs/), or the report alone",
    )
    .option("--force", "replace the file of --out also where it is no report of Steepest")
    .addOption(new Option("--resume <folder>", "continue the comparison of this folder").conflicts(planning))
    .option("--json", "print the result as one JSON object")
    .addHelpText(
      "after",
      `
Without -o the methods of the eleven submissions to AlgoPerf's external tuning track, v0.5, run with their schedules beside the classical
ones at constant learning rates: minutes on two cores. A schedule stands after +, as for steepest train --schedule; a number of steps
may be a share of the run.

Examples:
  steepest compare fashion-mnist
  steepest compare fashion-mnist -o adam -o adamw -o sgd:lr=0.1 --seeds 5 --epochs 10 --target 0.88
  steepest compare fashion-mnist -o adamw -o cosine=adamw+cosine:steps=100%,warmup=5%
  steepest compare --resume runs/compare-fashion-mnist

Ctrl-C stops the workers and prints how to continue; complete trials are never run again.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (workload: string | undefined, options: CompareArguments) => {
      finish(await interruptible((signal) => runCompare(io, workload, options, signal)));
    });
}

async function runCompare(
  io: Io,
  workload: string | undefined,
  options: CompareArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (options.resume !== undefined) {
    const plan = await planToResume(options.resume, workload);
    return carryOut(io, plan, options.resume, options, signal);
  }
  if (workload === undefined) throw missingWorkload("compare");
  const { name } = findWorkload(workload);
  if (options.out !== undefined && isPage(options.out)) {
    await checkOutFile(options.out);
    if (options.force !== true) await checkReplaceable(options.out);
  }
  return withOutFolder(outFolder(options.out), `compare-${name}`, async (folder) => {
    await comparisonFolders.checkNew(folder);
    const plan = await planComparison(configOf(name, options), (message) => io.stderr.write(`${message}\n`));
    return carryOut(io, plan, folder, options, signal);
  });
}

async function carryOut(
  io: Io,
  plan: ComparisonPlan,
  folder: string,
  options: CompareArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  const workers = options.workers ?? Math.min(2, defaultWorkers());
  const result = await runTrials(io, plan, { folder, workers, signal });
  if (result.outcome === "interrupted") {
    io.stderr.write(
      `Interrupted with ${result.complete} of ${format.counted(result.total, "trial")} complete; what is complete is kept. Continue with:\n  ${resumeLine("compare", folder)}\n`,
    );
    return exitCode.interrupted;
  }
  const report = reportPath(folder, options.out);
  const environment = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: `${cpus().length}`,
    "trials at a time": `${workers}`,
    node: process.version,
  };
  const data: ComparisonData = { ...result, command: commandOf(plan), environment };
  await writePicture(report, comparisonHtml(data));
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...result, folder, report })}\n`
      : `${leaderboard(result, io)}\n\nTrials: ${folder}\nReport: ${report}\n`,
  );
  return exitCode.ok;
}

/** @throws SteepestError where the folder holds no comparison, or one on another workload */
async function planToResume(folder: string, workload: string | undefined): Promise<ComparisonPlan> {
  const plan = await comparisonFolders.read(folder);
  if (plan !== undefined && (workload ?? plan.workload) === plan.workload) return plan;
  const name = JSON.stringify(folder);
  throw new SteepestError(
    "invalid-value",
    plan === undefined
      ? `there is no comparison in ${name}`
      : `the comparison in ${name} is on ${plan.workload}, not ${workload}`,
    "Give the folder that the comparison was started with; it holds a plan.json",
  );
}

const configOf = (workload: string, options: CompareArguments): ComparisonConfig => ({
  workload,
  optimizers: options.optimizer ?? defaultField,
  seeds: options.seeds ?? 3,
  trials: options.trials ?? 3,
  ...(options.epochs === undefined ? {} : { epochs: options.epochs }),
  ...(options.batch === undefined ? {} : { batchSize: options.batch }),
  ...(options.target === undefined ? {} : { target: options.target }),
});

const isPage = (out: string): boolean => out.toLowerCase().endsWith(".html");

const outFolder = (out: string | undefined): string | undefined =>
  out === undefined || isPage(out) ? undefined : out;

const reportPath = (folder: string, out: string | undefined): string =>
  out !== undefined && isPage(out) ? out : join(folder, "report.html");

async function runTrials(
  io: Io,
  plan: ComparisonPlan,
  options: { readonly folder: string; readonly workers: number; readonly signal: AbortSignal },
): Promise<Comparison | InterruptedComparison> {
  const progress = createCompareProgress(io, plan);
  const size = [
    format.counted(plan.submissions.length, "optimizer"),
    format.counted(plan.seeds.length, "seed"),
    format.counted(
      plan.seeds.length * plan.submissions.reduce((sum, { points }) => sum + points.length, 0),
      "trial",
    ),
    `${format.counted(plan.steps, "step")} each`,
  ];
  progress.print(`${plan.source}: ${size.join(", ")}; trials in ${options.folder}`);
  return follow(compare(plan, options), options.signal, progress);
}

/** Collects texts that are read later, where the length of the run is known. */
const textsArgument = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  text,
];

const labelOf = (text: string): string => parseEntrant(text, 1000).label;

/** The command that makes the same comparison again. */
function commandOf(plan: ComparisonPlan): string {
  const settings = plan.submissions.map(({ optimizer, setting = optimizer }) => `${optimizer}=${setting}`);
  const standard = defaultField.map((text) => {
    const entrant = parseEntrant(text, plan.steps);
    return `${entrant.label}=${describeEntrant(entrant)}`;
  });
  const points = Math.max(...plan.submissions.map((submission) => submission.points.length));
  return [
    `npx steepest compare ${plan.workload}`,
    ...(settings.join() === standard.join()
      ? []
      : plan.submissions.map(({ optimizer, setting }) => `-o ${asOption(optimizer, setting)}`)),
    `--seeds ${plan.seeds.length} --trials ${points} --epochs ${plan.epochs} --batch ${plan.batchSize} --target ${plan.target.value}`,
  ].join(" ");
}

/** A label in front of what it stands for, unless it says so itself. */
const asOption = (label: string, setting: string | undefined): string =>
  setting === undefined || /[:=+]/.test(label) ? label : `${label}=${setting}`;
