import { SteepestError } from "@steepest/optim";
import { type FanInitialiser, torchDefault } from "../initialisers.js";
import { type ActivationName, activation } from "../layers/activations.js";
import { dropout } from "../layers/dropout.js";
import { linear } from "../layers/linear.js";
import { type Model, sequential } from "./model.js";

/** What is not usual about a multi-layer perceptron. */
export interface MlpOptions {
  /** Between the layers. Default `relu`. */
  readonly activation?: ActivationName;
  /** Share of the hidden units to drop in training. Default 0. */
  readonly dropout?: number;
  /** Default {@link torchDefault}. */
  readonly weight?: FanInitialiser;
  /** Default {@link torchDefault}. */
  readonly bias?: FanInitialiser;
}

/**
 * A multi-layer perceptron of the given widths, from input to logits: linear layers `layers.0`, `layers.1`, …
 * with an activation between each two. `mlp([784, 100, 10])` has 784·100 + 100 + 100·10 + 10 = 79,510
 * parameters. The last weight is the `head`.
 * @throws SteepestError `invalid-value` where there are fewer than two widths.
 */
export function mlp(widths: readonly number[], options: MlpOptions = {}): Model {
  const [first, ...outputs] = widths;
  if (first === undefined || outputs.length === 0) {
    throw new SteepestError(
      "invalid-value",
      `mlp: expected at least two widths, found ${widths.length}`,
      "Give the width of the input and of each layer, e.g. [784, 100, 10]",
    );
  }
  const {
    activation: nonlinearity = "relu",
    dropout: rate = 0,
    weight = torchDefault,
    bias = torchDefault,
  } = options;
  const layers: Model[] = [];
  let inputs = first;
  for (const [i, width] of outputs.entries()) {
    const last = i === outputs.length - 1;
    const role = last ? "head" : "hiddenMatrix";
    layers.push(linear(`layers.${i}`, inputs, width, { role, weight, bias }));
    if (!last) layers.push(activation(nonlinearity), dropout(`layers.${i}.dropout`, rate));
    inputs = width;
  }
  return sequential(layers);
}
