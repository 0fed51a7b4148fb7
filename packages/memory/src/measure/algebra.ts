import type { CompiledGraph } from "@steepest/graph";
import { type GraphLinearAlgebra, graphLinearAlgebra } from "@steepest/nn";
import { createOptimizer, type OptimizerSpec, optimizerOf, type ParameterSpec } from "@steepest/optim";

/** Linear algebra as an optimizer plans it, before anything of it has run. */
export interface PlannedAlgebra {
  /** What holds the graphs. */
  readonly algebra: GraphLinearAlgebra;
  /** Bytes of WebAssembly memory. */
  readonly kernels: number;
  readonly graphs: readonly CompiledGraph[];
}

/**
 * Plans an optimizer's linear algebra as it would be planned to train; undefined for one that has none.
 * @throws SteepestError as `createOptimizer`
 */
export function plannedAlgebra(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
  threads: number,
): PlannedAlgebra | undefined {
  if (optimizerOf(spec).kind !== "matrix") return undefined;
  const linearAlgebra = graphLinearAlgebra({ threads });
  createOptimizer(spec, parameters, { linearAlgebra });
  return { algebra: linearAlgebra, kernels: linearAlgebra.workspaceBytes, graphs: linearAlgebra.graphs() };
}
