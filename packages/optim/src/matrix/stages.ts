import type { BoundProgram } from "../backends/backend.js";
import type { Stage } from "./matrixRule.js";

/** Hands over the step's hyper-parameters and prepares its gradient. */
type Begin = (step: number, hyper: Float64Array) => void;

/** An update whose linear algebra runs at once. */
export function synchronous(begin: Begin, stages: readonly Stage[]): BoundProgram {
  return {
    carried: new Float64Array(),
    groupSums: new Float64Array(),
    run(step, hyper) {
      begin(step, hyper);
      runStages(stages, step);
    },
  };
}

function runStages(stages: readonly Stage[], step: number): void {
  for (const stage of stages)
    if (typeof stage === "function") stage(step);
    else if ("run" in stage) stage.run();
    else if (stage.when(step)) runStages(stage.stages, step);
}

/** An update whose linear algebra takes time. */
export const asynchronous =
  (begin: Begin, stages: readonly Stage[]) =>
  async (step: number, hyper: Float64Array): Promise<void> => {
    begin(step, hyper);
    await awaitStages(stages, step);
  };

async function awaitStages(stages: readonly Stage[], step: number): Promise<void> {
  for (const stage of stages)
    if (typeof stage === "function") stage(step);
    else if ("run" in stage) await stage.runAsync();
    else if (stage.when(step)) await awaitStages(stage.stages, step);
}
