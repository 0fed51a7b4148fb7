import { countTrials } from "@steepest/bench";
import { format, textTable } from "@steepest/report";
import { Command } from "commander";
import { shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { planOfFile } from "./place.js";

/** `steepest bench plan`: what a plan would do. */
export const planCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("plan")
    .description("Show what a plan would do: trials, targets, budgets")
    .argument("<file.yaml>", "the plan")
    .option("--json", "print the whole plan as one JSON object")
    .action(async (path: string, { json }: { readonly json?: true }) => {
      const { plan, folder } = await planOfFile(io, path, undefined);
      io.stdout.write(
        json === true
          ? `${JSON.stringify(plan, undefined, 2)}\n`
          : `${describePlan(plan)}\n\nRun it with:\n  npx steepest bench run ${shellWord(path)}\nTrials will be in ${folder}\n`,
      );
      finish(exitCode.ok);
    });

/** A plan for people: its size, and a line for each workload. */
function describePlan(plan: Awaited<ReturnType<typeof planOfFile>>["plan"]): string {
  const { submissions, workloads, studies } = plan;
  const size = [
    format.counted(submissions.length, "submission"),
    format.counted(workloads.length, "workload"),
    `${studies} ${studies === 1 ? "study" : "studies"}`,
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
