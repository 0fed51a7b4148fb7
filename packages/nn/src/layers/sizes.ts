import { SteepestError } from "@steepest/optim";

/**
 * Checks that sizes are positive integers.
 * @throws SteepestError `invalid-value` that names the layer and the size
 */
export function requireSizes(layer: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new SteepestError(
      "invalid-value",
      `${layer}: expected ${name} to be a positive integer, found ${size}`,
      "Give a whole number of at least 1",
    );
  }
}
