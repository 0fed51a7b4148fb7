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
      for (const stage of stages)
        if (typeof stage === "function") stage(step);
        else stage.run();
    },
  };
}

/** An update whose linear algebra takes time. */
export const asynchronous =
  (begin: Begin, stages: readonly Stage[]) =>
  async (step: number, hyper: Float64Array): Promise<void> => {
    begin(step, hyper);
    for (const stage of stages)
      if (typeof stage === "function") stage(step);
      else await stage.runAsync();
  };
