import { type BenchEstimate, type BenchPlan, countTrials, diskOf, estimateBench } from "@steepest/bench";
import { format, textTable } from "@steepest/report";
import { Command } from "commander";
import { shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { bar, createProgress } from "../../terminal/progress.js";
import { workersOf } from "./engine.js";
import { planOfFile } from "./place.js";

interface PlanArguments {
  readonly warmUp: boolean;
  readonly json?: true;
}

/** `steepest bench plan`: what a plan would do, and what it would cost. */
export const planCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("plan")
    .description("Show what a plan would do and cost: trials, targets, budgets, hours, disk; writes nothing")
    .argument("<file.yaml>", "the plan")
    .option("--no-warm-up", "do not time some steps of every submission on every workload")
    .option("--json", "print the whole plan and its cost as one JSON object")
    .action(async (path: string, { warmUp, json }: PlanArguments) => {
      const { plan, folder } = await planOfFile(io, path, undefined);
      const estimate = warmUp ? await timed(io, plan) : undefined;
      io.stdout.write(
        json === true
          ? `${JSON.stringify({ plan, trials: countTrials(plan), bytes: diskOf(plan), cpuSeconds: estimate?.cpuSeconds ?? null }, undefined, 2)}\n`
          : `${describePlan(plan)}\n\n${costOf(plan, estimate)}\nRun it with:\n  npx steepest bench run ${shellWord(path)}\nTrials will be in ${folder}\n`,
      );
      finish(exitCode.ok);
    });

async function timed(io: Io, plan: BenchPlan): Promise<BenchEstimate> {
  const progress = createProgress(io);
  try {
    return await estimateBench(plan, (done, total) =>
      progress.show(`${bar(done / total, 24)} timing ${done + 1} of ${total}`),
    );
  } finally {
    progress.clear();
  }
}

const hours = (seconds: number): string => format.number(seconds / 3600, 2);

function costOf(plan: BenchPlan, estimate: BenchEstimate | undefined): string {
  const disk = `On the disk: about ${format.number(diskOf(plan) / 1e6, 2)} MB.`;
  if (estimate === undefined) return disk;
  const { expected, low, high } = estimate.cpuSeconds;
  const workers = workersOf(plan);
  return [
    `At full budgets: ${hours(expected)} hours of CPU (${hours(low)} to ${hours(high)}), so ${format.seconds(expected / workers)} on ${format.counted(workers, "worker")}; less where targets end trials earlier.`,
    disk,
  ].join("\n");
}

/** A plan for people: its size, and a line for each workload. */
function describePlan(plan: BenchPlan): string {
  const { submissions, workloads, studies } = plan;
  const size = [
    format.counted(submissions.length, "submission"),
    format.counted(workloads.length, "workload"),
    `${format.count(studies)} ${studies === 1 ? "study" : "studies"}`,
    format.counted(countTrials(plan), "trial"),
  ];
  const table = textTable(
    [
      { title: "workload" },
      { title: "target" },
      { title: "budget", align: "right" },
      { title: "evaluations", align: "right" },
      { title: "data", shrinks: true },
    ],
    workloads.map((workload) => [
      workload.name,
      `${workload.metric} ${workload.direction === "min" ? "<=" : ">="} ${workload.target}`,
      format.counted(workload.steps, "step"),
      `every ${workload.evaluateEvery}`,
      workload.source,
    ]),
  );
  return `${plan.name}: ${size.join(", ")}\n\n${table}`;
}
