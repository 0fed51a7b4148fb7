import type { CompletedRun, Measurement, RunResult } from "../src/index.js";

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
