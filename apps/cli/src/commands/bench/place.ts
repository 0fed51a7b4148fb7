import { basename, dirname, join } from "node:path";
import { type BenchPlan, benchFolders, planBench, readBenchConfiguration } from "@steepest/bench";
import { SteepestError } from "@steepest/optim";
import type { Io } from "../../io.js";

/** A plan and the folder that it fills. */
export interface BenchPlace {
  readonly folder: string;
  readonly plan: BenchPlan;
}

/** What a path without a plan gets to hear. */
const noBench = (path: string): SteepestError =>
  new SteepestError(
    "invalid-value",
    `there is no bench in ${JSON.stringify(path)}`,
    "Give the folder that steepest bench run made; it holds a plan.json",
  );

/**
 * The bench of a folder, or of the `plan.json` in it.
 * @throws SteepestError `invalid-value` where there is none, `malformed-file` for a damaged plan
 */
export async function openBench(path: string): Promise<BenchPlace> {
  const folder = basename(path) === "plan.json" ? dirname(path) : path;
  const plan = await benchFolders.read(folder);
  if (plan === undefined) throw noBench(path);
  return { folder, plan };
}

/**
 * Makes the plan of a YAML file. Its folder is `out`, or named by the plan in `runs/`.
 * @throws SteepestError for a file that is no plan, unknown names and values out of range
 */
export async function planOfFile(io: Io, path: string, out: string | undefined): Promise<BenchPlace> {
  const configuration = await readBenchConfiguration(path);
  const plan = await planBench(configuration, (message) => io.stderr.write(`${message}\n`)).catch(
    (error: unknown) => {
      throw error instanceof SteepestError
        ? new SteepestError(error.code, `${path}: ${error.problem}`, error.fix, { cause: error })
        : error;
    },
  );
  return { folder: out ?? join("runs", plan.name), plan };
}
