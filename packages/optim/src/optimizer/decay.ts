import type { ParameterSpec } from "../parameter.js";
import { optimizerOf } from "../registry.js";
import type { OptimizerSpec } from "../spec.js";
import type { GroupSpec } from "./config.js";

/** The name that weight decay has in every rule that knows it, decoupled or not. */
const weightDecay = "weightDecay";

/**
 * The groups under which an optimizer decays matrices alone, parameters of two dimensions or more, as GPT-2
 * and nanoGPT are trained: biases and the gains of norms have no reason to be small. None where the optimizer
 * decays nothing, or has nothing else to decay.
 *
 * ```ts
 * createOptimizer(spec, parameters, { groups: matrixDecayGroups(spec, parameters) });
 * ```
 * @throws SteepestError for unknown names and values out of range
 */
export function matrixDecayGroups(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
): readonly GroupSpec[] {
  const decay = optimizerOf(spec).choose(spec).hyper[weightDecay];
  const names = parameters.filter(({ shape }) => shape.length < 2).map(({ name }) => name);
  const nothing = decay === undefined || decay === 0 || names.length === 0;
  return nothing ? [] : [{ names, hyper: { [weightDecay]: 0 } }];
}
