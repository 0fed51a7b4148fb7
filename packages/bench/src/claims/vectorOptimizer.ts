import {
  createOptimizer,
  type OptimizerConfig,
  type OptimizerSpec,
  parseOptimizerSpec,
} from "@steepest/optim";

/** An optimizer of one vector: fill `gradient`, call `step`, read and write `x`. */
export interface VectorOptimizer {
  readonly x: Float32Array | Float64Array;
  readonly gradient: Float32Array | Float64Array;
  step(): void;
}

/**
 * The optimizer that `spec` names, e.g. `adam:lr=0.01`, over a vector of zeros, in float64 by default. What
 * it does with values that are not finite is left to the caller: divergence is a result.
 */
export function vectorOptimizer(
  spec: string | OptimizerSpec,
  dimension: number,
  config: Pick<OptimizerConfig, "schedule" | "backend"> = {},
): VectorOptimizer {
  const optimizer = createOptimizer(
    typeof spec === "string" ? parseOptimizerSpec(spec) : spec,
    [{ name: "x", shape: [dimension], role: "other" }],
    { backend: "float64", nonFinite: "ignore", ...config },
  );
  return {
    x: optimizer.parameter("x"),
    gradient: optimizer.gradient("x"),
    step: () => void optimizer.step(),
  };
}
