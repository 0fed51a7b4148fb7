import { gelu, multiply, relu, sigmoid, square, type Tensor, tanh } from "@steepest/graph";
import { unknownName } from "@steepest/optim";
import type { Model } from "../models/model.js";

/**
 * max(0, x); max(0, x)²; 1/(1 + e⁻ˣ); tanh x; xΦ(x) with the standard normal distribution function Φ;
 * x/(1 + e⁻ˣ).
 */
export type ActivationName = "relu" | "relu2" | "sigmoid" | "tanh" | "gelu" | "silu";

/** max(0, x)². Source: So et al., "Primer", arXiv:2109.08668. */
export const relu2 = (x: Tensor): Tensor => square(relu(x));

/** x/(1 + e⁻ˣ). Source: Elfwing, Uchibe & Doya, arXiv:1702.03118. */
export const silu = (x: Tensor): Tensor => multiply(x, sigmoid(x));

const activations: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  relu,
  relu2,
  sigmoid,
  tanh,
  gelu,
  silu,
};

/**
 * An activation as a layer without parameters.
 * @throws SteepestError `unknown-name` with the nearest name.
 */
export function activation(name: ActivationName): Model {
  // Callers without types can pass any text.
  if (!Object.hasOwn(activations, name)) throw unknownName("activation", name, Object.keys(activations));
  return { parameters: [], apply: (x) => activations[name](x) };
}
