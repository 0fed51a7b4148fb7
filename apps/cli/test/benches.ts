import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";

/** Columns of the logs that hold times, which no two runs share. */
const timed: ReadonlySet<string> = new Set([
  "accumulated_submission_time",
  "accumulated_cpu_time",
  "accumulated_eval_time",
  "accumulated_logging_time",
  "total_duration",
  "score",
]);

const withoutTimes = (csv: string): string => {
  const [header = [], ...rows] = csv.split("\n").map((line) => line.split(","));
  const kept = header.flatMap((name, column) => (timed.has(name) ? [] : [column]));
  return [header, ...rows].map((row) => kept.map((column) => row[column]).join(",")).join("\n");
};

/**
 * What a file of a trial says but for times and memory: of its result, the hash of the parameters at the end.
 */
async function recordOf(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8");
  if (path.endsWith(".csv")) return withoutTimes(text);
  if (!path.endsWith(".json")) return text;
  const { parametersHash, peakResidentBytes: _, ...rest } = JSON.parse(text);
  return basename(path) === "result.json" ? parametersHash : rest;
}

/**
 * Everything in the trials' folders of a bench but times, by path. Two runs of one plan must agree in it: a
 * trial that is lost or doubled shows, and so does a file that was not tidied up.
 */
export async function recordsOf(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const records: [string, unknown][] = [];
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile() || !basename(file.parentPath).startsWith("trial_")) continue;
    records.push([relative(folder, path).split(sep).join("/"), await recordOf(path)]);
  }
  return Object.fromEntries(records.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Trials of the plan of {@link writePlan}. */
export const plannedTrials = 4;

/** Writes a small plan of a submission and an optimizer, two studies, scored by steps. */
export async function writePlan(
  path: string,
  steps: number,
  engine = "{ kind: local, workers: 2 }",
): Promise<void> {
  const plan = `name: small
workloads: [sparse-logistic]
submissions: [baseline, "adam:lr=0.0001"]
studies: 2
trials: 1
clock: steps
budgets:
  sparse-logistic: { steps: ${steps} }
engine: ${engine}
`;
  await writeFile(path, plan);
}
