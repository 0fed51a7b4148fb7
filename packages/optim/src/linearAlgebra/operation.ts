import type { Operation } from "./linearAlgebra.js";

/** An operation that computes at once. */
export function synchronousOperation(run: () => void): Operation {
  return {
    run,
    runAsync: async () => {
      run();
    },
  };
}
