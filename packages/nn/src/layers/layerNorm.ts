import { layerNorm as normalise, parameter } from "@steepest/graph";
import { constantOf, type Initialiser } from "../initialisers.js";
import type { Model, ModelParameter } from "../models/model.js";
import { requireSizes } from "./sizes.js";

/**
 * Layer normalisation over the last axis, of extent `width`: scale `<name>.weight`, ones at first, and,
 * unless left out, `<name>.bias`, zeros at first.
 * @throws SteepestError `invalid-value` where the width is not a positive integer.
 */
export function layerNorm(
  name: string,
  width: number,
  { bias: hasBias = true }: { readonly bias?: boolean } = {},
): Model {
  requireSizes(`layer norm "${name}"`, { width });
  const parameterOf = (kind: string, initialise: Initialiser): ModelParameter => {
    const key = `${name}.${kind}`;
    return { name: key, shape: [width], role: "norm", initialise, tensor: parameter(key, [width]) };
  };
  const fans = { in: width, out: width };
  const scale = parameterOf("weight", constantOf(1)(fans));
  if (!hasBias) return { parameters: [scale], apply: (x) => normalise(x, scale.tensor) };
  const bias = parameterOf("bias", constantOf(0)(fans));
  return { parameters: [scale, bias], apply: (x) => normalise(x, scale.tensor, bias.tensor) };
}
