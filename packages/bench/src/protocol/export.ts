import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, readTextIfPresent, writeFileAtomically, writeJsonAtomically } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { invalidValue, runFiles } from "@steepest/train";
import { clockReadings } from "../scoring/rules/clock.js";
import { trialFiles } from "../trial/layout.js";
import type { BenchPlan } from "./plan.js";
import { rulesetOfPlan, scoringOf } from "./ruleset.js";
import { type BenchTrial, countTrials, folderOfTrial, trialOf } from "./trials.js";

/** The file of an export that holds the targets, in the form of the official scorer. */
export const exportedTargets = "targets.json";

/** What an export wrote. */
export interface ExportedBench {
  readonly logs: number;
  /** The path of the targets. */
  readonly targets: string;
}

/**
 * Writes the logs of a bench as AlgoPerf's official scorer reads them: workload folders that its pattern
 * `(.*)(_jax|_pytorch)` takes, the scored clock in the columns `score` and `accumulated_submission_time`, no
 * evaluation beyond the budget (which the official scorer does not know), and the targets in its form.
 *
 * @throws SteepestError `invalid-value` where the folder to write to is not empty or the bench has no logs,
 *   `malformed-file` for logs without a column that is needed
 */
export async function exportBench(folder: string, plan: BenchPlan, to: string): Promise<ExportedBench> {
  const found = (await readdir(to).catch(() => []))[0];
  if (found !== undefined)
    throw invalidValue(
      `${JSON.stringify(to)} is not empty: found ${JSON.stringify(found)} in it`,
      "Choose a new or an empty folder",
    );
  let logs = 0;
  const total = countTrials(plan);
  for (let index = 0; index < total; index++)
    if (await exportTrial(folder, plan, trialOf(plan, index), to)) logs++;
  if (logs === 0)
    throw invalidValue(
      `there is no log of a trial in ${JSON.stringify(folder)}`,
      "Run it first with steepest bench resume",
    );
  const targets = join(to, exportedTargets);
  await writeJsonAtomically(targets, officialTargets(plan));
  return { logs, targets };
}

/** Whether there was a log. */
async function exportTrial(folder: string, plan: BenchPlan, trial: BenchTrial, to: string): Promise<boolean> {
  const from = folderOfTrial(folder, trial);
  const evaluations = join(from, runFiles.evaluations);
  const text = await readTextIfPresent(evaluations);
  if (text === undefined) return false;
  const { submission, study, workload, trial: number } = trial.place;
  const target = join(to, submission, `study_${study}`, `${workload}_jax`, `trial_${number}`);
  await makeFolder(target);
  const { clock, budget } = scoringOf(plan, trial.workload);
  const converted = onClock(text, clockReadings(clock).column, budget, evaluations);
  await writeFileAtomically(join(target, runFiles.evaluations), converted);
  for (const file of [trialFiles.hyperparameters, trialFiles.flags, trialFiles.machine])
    await writeFileAtomically(join(target, file), await readFile(join(from, file)));
  return true;
}

const timeColumns: readonly string[] = ["score", "accumulated_submission_time"];

/** A log whose times are those of another of its columns, without rows beyond the budget. */
function onClock(text: string, column: string, budget: number | undefined, path: string): string {
  const [header = "", ...rows] = text.trimEnd().split("\n");
  const names = header.split(",");
  const source = names.indexOf(column);
  const times = timeColumns.map((name) => names.indexOf(name));
  if (source < 0 || times.includes(-1))
    throw new SteepestError(
      "malformed-file",
      `${path} lacks one of the columns ${[column, ...timeColumns].join(", ")}`,
      "Delete the trial's folder and resume the bench",
    );
  const kept = rows.flatMap((row) => {
    const cells = row.split(",");
    const time = cells[source] ?? "";
    if (Number(time) > (budget ?? Number.POSITIVE_INFINITY)) return [];
    return [cells.map((cell, index) => (times.includes(index) ? time : cell)).join(",")];
  });
  return `${[header, ...kept].join("\n")}\n`;
}

/** The targets in the form of the official scorer: the metric without its split. */
const officialTargets = (plan: BenchPlan): Readonly<Record<string, object>> =>
  Object.fromEntries(
    rulesetOfPlan(plan).workloads.map(({ name, metric, target, stepHint }) => [
      name,
      {
        target_metric_name: metric.slice(metric.indexOf("/") + 1),
        validation_target_value: target,
        step_hint: stepHint,
      },
    ]),
  );
