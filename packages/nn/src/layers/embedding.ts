import { gather, parameter } from "@steepest/graph";
import { type Initialiser, normal } from "../initialisers.js";
import type { Model, ModelParameter } from "../models/model.js";
import { requireSizes } from "./sizes.js";

/** A layer that looks rows up, with its table. */
export interface Embedding extends Model {
  readonly table: ModelParameter;
}

/**
 * The rows of W = `<name>.weight` [count, width] at int32 indices: [...] becomes [..., width]. A run with an
 * index beyond the last row fails.
 * @param initialise - default N(0, 0.02²), as GPT-2's.
 * @throws SteepestError `invalid-value` where a size is not a positive integer.
 */
export function embedding(
  name: string,
  count: number,
  width: number,
  initialise: Initialiser = normal(0.02)({ in: count, out: width }),
): Embedding {
  requireSizes(`embedding "${name}"`, { count, width });
  const shape = [count, width];
  const key = `${name}.weight`;
  const table: ModelParameter = {
    ...{ name: key, shape, role: "embedding", initialise },
    tensor: parameter(key, shape),
  };
  return { table, parameters: [table], apply: (indices) => gather(table.tensor, indices) };
}
