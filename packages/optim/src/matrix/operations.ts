import { SteepestError } from "../errors.js";
import type { LinearAlgebra } from "../linearAlgebra/linearAlgebra.js";
import type { ParameterSpec } from "../parameter.js";
import { optimizerOf } from "../registry.js";
import type { OptimizerSpec } from "../spec.js";
import { chooseMatrixValues } from "./optimizer.js";
import { Room } from "./room.js";

/**
 * Hands linear algebra the operations that a method on matrices would plan for these parameters, with matrices
 * whose shapes are true and whose arrays are empty: for those who count work, and would have no memory to spare
 * for it. Nothing runs.
 *
 * @throws SteepestError `misuse` for an optimizer that is not one on matrices; as `createOptimizer` for values
 */
export function planOperations(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
  algebra: LinearAlgebra,
): void {
  const entry = optimizerOf(spec);
  if (entry.kind !== "matrix")
    throw new SteepestError(
      "misuse",
      `${spec.name} has no linear algebra: it works element by element`,
      "Ask for the operations of a method on matrices, such as shampoo",
    );
  const { rule } = entry;
  const chosen = chooseMatrixValues(rule, spec);
  const room = new Room();
  const declared = parameters.filter((each) => rule.takes(each)).map((each) => room.declare(each));
  const bind = rule.plan(declared, { ...chosen, ...room.tools });
  const nothing = algebra.precision === "float32" ? new Float32Array(0) : new Float64Array(0);
  bind({ algebra, hyper: chosen.hyper, view: () => nothing, move: () => () => {} });
}
