import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type CompletedRun, type Measurement, type RunResult, runFiles } from "../src/index.js";

/** Everything that a run reports, and how it ended. */
export async function collect(run: AsyncGenerator<Measurement, RunResult>) {
  const measurements: Measurement[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done === true) return { measurements, result: next.value };
    measurements.push(next.value);
  }
}

/** How a run ended that was not interrupted. */
export async function complete(run: AsyncGenerator<Measurement, RunResult>): Promise<CompletedRun> {
  const { result } = await collect(run);
  if (result.outcome !== "completed") throw new Error("the run was interrupted");
  return result;
}

/** A log without the columns that time decides. */
export async function untimed(folder: string, file: string): Promise<string> {
  const lines = (await readFile(join(folder, file), "utf8")).trimEnd().split("\n");
  const timed = new Set(
    lines[0]?.split(",").flatMap((column, index) => (/time|duration|score/.test(column) ? [index] : [])),
  );
  return lines
    .map((line) =>
      line
        .split(",")
        .filter((_, index) => !timed.has(index))
        .join(),
    )
    .join("\n");
}

/** Everything of a run but its times. */
export async function trace(folder: string, result: CompletedRun) {
  const { seconds, cpuSeconds, target, testTarget, ...rest } = result;
  const timeless = (outcome: CompletedRun["target"]) =>
    outcome?.reached === true ? { ...outcome, seconds: 0, cpuSeconds: 0 } : outcome;
  return {
    ...rest,
    targets: [timeless(target), timeless(testTarget)],
    measurements: await untimed(folder, runFiles.measurements),
    evaluations: await untimed(folder, runFiles.evaluations),
  };
}
