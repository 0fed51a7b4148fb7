import { SteepestError, unknownName } from "@steepest/optim";
import { beale } from "./beale.js";
import { himmelblau } from "./himmelblau.js";
import { type Landscape, type LandscapeFamily, singleDimension } from "./landscape.js";
import { quadratic } from "./quadratic.js";
import { rastrigin } from "./rastrigin.js";
import { reddi, reddiStochastic } from "./reddi.js";
import { rosenbrock } from "./rosenbrock.js";
import { styblinskiTang } from "./styblinskiTang.js";

const families: readonly LandscapeFamily[] = [
  rosenbrock,
  rastrigin,
  singleDimension(himmelblau),
  singleDimension(beale),
  styblinskiTang,
  quadratic,
  singleDimension(reddi),
  singleDimension(reddiStochastic),
];

/** Every landscape, in the dimension that a plot shows. */
export const landscapes: readonly Landscape[] = families.map((family) =>
  family.of(family.dimensions.default),
);

/**
 * The landscape of a name, in its default dimension or the one asked for.
 * @throws SteepestError `unknown-name` with the nearest name, `invalid-value` for a dimension that it does
 *   not have.
 */
export function findLandscape(name: string, options: { readonly dimension?: number } = {}): Landscape {
  const family = families.find((candidate) => candidate.name === name);
  if (family === undefined) {
    const names = families.map((candidate) => candidate.name);
    throw unknownName("landscape", name, names);
  }
  const { default: usual, smallest, largest } = family.dimensions;
  const dimension = options.dimension ?? usual;
  if (!Number.isInteger(dimension) || dimension < smallest || dimension > largest) {
    const range =
      smallest === largest ? `dimension ${smallest} only` : `${smallest} to ${largest} dimensions`;
    throw new SteepestError(
      "invalid-value",
      `landscape "${name}" has ${range}, found dimension ${dimension}`,
      `Leave the dimension out to get ${usual}`,
    );
  }
  return family.of(dimension);
}
