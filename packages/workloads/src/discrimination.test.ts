import { initialiseParameters } from "@steepest/nn";
import { createOptimizer, createSchedule, parseOptimizerSpec, parseSchedule } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { findWorkload } from "./registry.js";
import type { LoadedWorkload, Workload } from "./workload.js";

/** The validation loss over the target after a whole budget with warm-up and a cosine to 0, from seed 100. */
async function lossOverTarget(
  { target, budget, defaults: { batchSize } }: Workload,
  loaded: LoadedWorkload,
  optimizer: string,
): Promise<number> {
  const steps = budget?.steps ?? expect.unreachable("no budget");
  const schedule = createSchedule(parseSchedule(`cosine:steps=${steps},warmup=${steps / 20}`));
  const trained = createOptimizer(parseOptimizerSpec(optimizer), loaded.parameters, { schedule });
  const float32 = (view: Float32Array | Float64Array) =>
    view instanceof Float32Array ? view : expect.unreachable("float64");
  const views = {
    parameter: (name: string) => float32(trained.parameter(name)),
    gradient: (name: string) => float32(trained.gradient(name)),
  };
  initialiseParameters(loaded.parameters, 100, views.parameter);
  const bound = await loaded.bind(views, { batchSize, seed: 100, threads: 1 });
  for (let step = 1; step <= steps; step++) {
    await bound.gradient(step);
    trained.step();
  }
  return (await bound.evaluate("validation")).loss / target.value;
}

describe.each([
  ["sparse-logistic", "sgd:lr=0.002", 1.01],
  ["least-squares", "sgd:lr=0.0003", 1.2],
])("%s", (name, sgd, behind) => {
  it("tells learning rates and methods apart: a good one is at the target, others are not", async () => {
    const workload = findWorkload(name);
    const loaded = await workload.load();
    const ratio = (optimizer: string) => lossOverTarget(workload, loaded, optimizer);
    expect(await ratio("nadamw:lr=0.00175,weightDecay=0.08")).toBeLessThan(1.005);
    expect(await ratio("nadamw:lr=0.000175,weightDecay=0.08")).toBeGreaterThan(1.05);
    expect(await ratio(sgd)).toBeGreaterThan(behind);
  });
});
