import { add, matmul, parameter, type Tensor } from "@steepest/graph";
import type { ParameterRole } from "@steepest/optim";
import { type FanInitialiser, type Initialiser, torchDefault } from "../initialisers.js";
import type { Model, ModelParameter } from "../models/model.js";
import { requireSizes } from "./sizes.js";

/** What is not usual about a linear layer. */
export interface LinearOptions {
  /** Default `hiddenMatrix`; the layer that gives the logits is the `head`. */
  readonly role?: ParameterRole;
  /** Default {@link torchDefault}. */
  readonly weight?: FanInitialiser;
  /** Default {@link torchDefault}; `none` leaves the bias out. */
  readonly bias?: FanInitialiser | "none";
}

const parameterOf = (
  name: string,
  shape: readonly number[],
  role: ParameterRole,
  initialise: Initialiser,
): ModelParameter => ({ name, shape, role, initialise, tensor: parameter(name, shape) });

/**
 * xWᵀ + b. x is [..., inputs], the result [..., outputs]; W = `<name>.weight` is [outputs, inputs], as in
 * PyTorch, b = `<name>.bias` is [outputs].
 * @throws SteepestError `invalid-value` where a size is not a positive integer.
 */
export function linear(name: string, inputs: number, outputs: number, options: LinearOptions = {}): Model {
  requireSizes(`linear layer "${name}"`, { inputs, outputs });
  const { role = "hiddenMatrix", weight: weightOf = torchDefault, bias: biasOf = torchDefault } = options;
  const fans = { in: inputs, out: outputs };
  const weight = parameterOf(`${name}.weight`, [outputs, inputs], role, weightOf(fans));
  const product = (x: Tensor) => matmul(x, weight.tensor, { transposeB: true });
  if (biasOf === "none") return { parameters: [weight], apply: product };
  const bias = parameterOf(`${name}.bias`, [outputs], "bias", biasOf(fans));
  return { parameters: [weight, bias], apply: (x) => add(product(x), bias.tensor) };
}
