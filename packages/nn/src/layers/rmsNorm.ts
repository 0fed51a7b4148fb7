import { rmsNorm as normalise, parameter } from "@steepest/graph";
import { constantOf } from "../initialisers.js";
import type { Model, ModelParameter } from "../models/model.js";
import { requireSizes } from "./sizes.js";

/**
 * Root mean square normalisation over the last axis, of extent `width`: scale `<name>.weight`, ones at first,
 * and no bias.
 *
 * Source: Zhang & Sennrich, "Root mean square layer normalization", arXiv:1910.07467.
 *
 * @throws SteepestError `invalid-value` where the width is not a positive integer.
 */
export function rmsNorm(name: string, width: number): Model {
  requireSizes(`RMS norm "${name}"`, { width });
  const key = `${name}.weight`;
  const scale: ModelParameter = {
    ...{ name: key, shape: [width], role: "norm", initialise: constantOf(1)({ in: width, out: width }) },
    tensor: parameter(key, [width]),
  };
  return { parameters: [scale], apply: (x) => normalise(x, scale.tensor) };
}
