import { gelu, relu, sigmoid, type Tensor, tanh } from "@steepest/graph";
import { unknownName } from "@steepest/optim";
import type { Model } from "../models/model.js";

/** max(0, x); 1/(1 + e⁻ˣ); tanh x; xΦ(x) with the standard normal distribution function Φ. */
export type ActivationName = "relu" | "sigmoid" | "tanh" | "gelu";

const activations: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = { relu, sigmoid, tanh, gelu };

/**
 * An activation as a layer without parameters.
 * @throws SteepestError `unknown-name` with the nearest name.
 */
export function activation(name: ActivationName): Model {
  // Callers without types can pass any text.
  if (!Object.hasOwn(activations, name)) throw unknownName("activation", name, Object.keys(activations));
  return { parameters: [], apply: (x) => activations[name](x) };
}
