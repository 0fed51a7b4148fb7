import type { Optimizer } from "../src/optimizer/config.js";
import { createOptimizer } from "../src/optimizer/createOptimizer.js";
import { metadataKey } from "../src/optimizer/state/description.js";
import type { ParameterSpec } from "../src/parameter.js";
import { parseOptimizerSpec } from "../src/spec.js";
import type { Backend } from "./forms.js";
import { awkwardParameters, fillGradients, flatten, initialise } from "./gradients.js";

/** A carried scalar of the first group. */
export function carried(optimizer: Optimizer, name: string): number {
  const { groups } = JSON.parse(optimizer.saveState().metadata[metadataKey] ?? "{}");
  return Number(groups[0].carried[name]);
}

/** Makes steps `from` to `to`, each with its gradients. */
export function runSteps(optimizer: Optimizer, from: number, to: number): Optimizer {
  for (let k = from; k <= to; k++) {
    fillGradients(optimizer, k);
    optimizer.step();
  }
  return optimizer;
}

/** Parameters after some steps of an optimizer in its textual form. */
export function after(
  text: string,
  backend: Backend,
  steps = 20,
  parameters: readonly ParameterSpec[] = awkwardParameters,
): number[] {
  const optimizer = createOptimizer(parseOptimizerSpec(text), parameters, { backend });
  initialise(optimizer);
  return flatten(runSteps(optimizer, 1, steps));
}
