import { SteepestError } from "@steepest/optim";
import type { Transformer } from "./model.js";

/** More of one size is no model but a mistake, or an attack on whoever plans it. */
const largestSize = 100_000_000;
/** More layers than any model has; each is listed. */
const mostLayers = 10_000;
/** Up to here every count of bytes is exact in a double. */
const mostParameters = 1e14;

/**
 * Makes sure that sizes are integers from 1 to a hundred million.
 * @throws SteepestError `invalid-value` that names the first that is not
 */
export function requireSizes(model: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    const most = name === "layers" ? mostLayers : largestSize;
    if (Number.isSafeInteger(size) && size >= 1 && size <= most) continue;
    throw new SteepestError(
      "invalid-value",
      `${model}: expected ${name} to be an integer from 1 to ${most}, found ${size}`,
      "Correct it",
    );
  }
}

/**
 * Makes sure that a transformer can be: sizes, heads that divide, and a number of parameters that can be
 * counted.
 * @throws SteepestError `invalid-value`
 */
export function requireTransformer(model: string, architecture: Transformer): void {
  const { layers, width, heads, keyValueHeads, headWidth, inner, context } = architecture;
  requireSizes(model, { layers, width, heads, keyValueHeads, inner, context });
  if (!Number.isSafeInteger(headWidth))
    throw new SteepestError(
      "invalid-value",
      `${model}: expected a number of heads that divides the width ${width}, found ${heads}`,
      `Use ${nearestDivisor(width, heads)} heads, or another width`,
    );
  requireSizes(model, { headWidth });
  if (heads % keyValueHeads !== 0)
    throw new SteepestError(
      "invalid-value",
      `${model}: expected a number of key and value heads that divides the ${heads} heads, found ${keyValueHeads}`,
      `Use ${nearestDivisor(heads, keyValueHeads)} of them`,
    );
  const network = (architecture.gated ? 3 : 2) * width * inner;
  const attention = 2 * width * headWidth * (heads + keyValueHeads);
  const around = 2 * width * Math.max(1, architecture.vocabulary) + context * width;
  const count = layers * (network + attention) + around;
  if (count > mostParameters)
    throw new SteepestError(
      "invalid-value",
      `${model}: its sizes make about ${count.toExponential(1)} parameters, more than ${mostParameters.toExponential(0)}`,
      "Check width, layers and vocabulary",
    );
}

function nearestDivisor(of: number, to: number): number {
  const largest = Math.min(of, 2 * Math.max(1, Math.ceil(to)));
  let nearest = 1;
  for (let candidate = 1; candidate <= Math.min(largest, 100_000); candidate++)
    if (of % candidate === 0 && Math.abs(candidate - to) < Math.abs(nearest - to)) nearest = candidate;
  return nearest;
}
