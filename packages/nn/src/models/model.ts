import type { Tensor } from "@steepest/graph";
import { SteepestError } from "@steepest/optim";
import type { InitialisedParameter } from "../initialisers.js";

/** A parameter in a graph. */
export interface ModelParameter extends InitialisedParameter {
  readonly tensor: Tensor;
}

/** What a forward pass is for. */
export interface Mode {
  readonly training: boolean;
  /**
   * The int64 scalar that dropout draws from, one value a step; see {@link dropoutKey}. Needed only in
   * training with dropout.
   */
  readonly dropoutKey?: Tensor;
}

/** A function of tensors with parameters: a layer, or layers put together. */
export interface Model {
  readonly parameters: readonly ModelParameter[];
  apply(x: Tensor, mode: Mode): Tensor;
}

/**
 * One model after another.
 * @throws SteepestError `misuse` where two parameters have one name.
 */
export function sequential(models: readonly Model[]): Model {
  const parameters = models.flatMap((model) => model.parameters);
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name)) {
      throw new SteepestError("misuse", `two parameters are named "${name}"`, "Give each layer its own name");
    }
    names.add(name);
  }
  return {
    parameters,
    apply: (x, mode) => models.reduce((value, model) => model.apply(value, mode), x),
  };
}
