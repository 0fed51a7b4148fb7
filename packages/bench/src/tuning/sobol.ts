import { SteepestError } from "@steepest/optim";
import { checkPointCount } from "./halton.js";

/**
 * The primitive polynomials over GF(2) and first direction numbers of Joe & Kuo (2008, "Constructing Sobol
 * sequences with better two-dimensional projections", the table new-joe-kuo-6.21201) for the dimensions from
 * the second on: degree s, the inner coefficients a as bits, and m₁ … m_s.
 */
const table: readonly (readonly [degree: number, coefficients: number, first: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

/** The most dimensions that a sequence has. */
export const sobolDimensions = table.length + 1;

const bits = 32;

/** The direction numbers vⱼ = mⱼ / 2ʲ of a dimension, as 32-bit fractions. */
function directions(dimension: number): readonly number[] {
  const entry = table[dimension - 1];
  if (entry === undefined) return Array.from({ length: bits }, (_, j) => (1 << (bits - 1 - j)) >>> 0);
  const [degree, coefficients, first] = entry;
  const v = first.map((m, j) => (m << (bits - 1 - j)) >>> 0);
  for (let j = degree; j < bits; j++) {
    const oldest = v[j - degree] ?? 0;
    let next = oldest ^ (oldest >>> degree);
    for (let term = 1; term < degree; term++)
      if ((coefficients >> (degree - 1 - term)) & 1) next ^= v[j - term] ?? 0;
    v.push(next >>> 0);
  }
  return v;
}

/**
 * The points 1 … `count` of the Sobol sequence in [0, 1)^dimensions, in Gray-code order (Antonov & Saleev
 * 1979). The point 0 at the origin, the corner of every range, is left out. A prefix of a longer sequence is
 * the shorter one.
 *
 * @throws SteepestError when `count` is negative, `dimensions` not in 1 … 21, or either is no integer
 */
export function sobolPoints(count: number, dimensions: number): readonly (readonly number[])[] {
  checkPointCount(count, dimensions);
  if (dimensions > sobolDimensions)
    throw new SteepestError(
      "invalid-value",
      `a Sobol sequence of ${dimensions} dimensions`,
      `Tune at most ${sobolDimensions} hyper-parameters with it, or use the sequence halton`,
    );
  const columns = Array.from({ length: dimensions }, (_, dimension) => directions(dimension));
  const point = new Uint32Array(dimensions);
  return Array.from({ length: count }, (_, index) => {
    // The position of the lowest 0 bit of the index.
    const changed = bits - 1 - Math.clz32(~index & (index + 1));
    return columns.map((v, dimension) => {
      const value = ((point[dimension] ?? 0) ^ (v[changed] ?? 0)) >>> 0;
      point[dimension] = value;
      return value / 2 ** bits;
    });
  });
}
