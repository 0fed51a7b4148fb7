import type { Values } from "../src/backends/backend.js";
import type { LinearAlgebra, Matrix } from "../src/linearAlgebra/linearAlgebra.js";
import { referenceLinearAlgebra } from "../src/linearAlgebra/reference/reference.js";

/** Numbers in (−1, 1) from a linear congruential generator. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Entry (i, j) is `entry(i, j)`. */
export function matrix(
  algebra: LinearAlgebra,
  rows: number,
  columns: number,
  entry: (i: number, j: number) => number = () => 0,
): Matrix {
  const numbers = Array.from({ length: rows * columns }, (_, place) =>
    entry(Math.floor(place / columns), place % columns),
  );
  const values = algebra.precision === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return { rows, columns, values };
}

export const at = ({ columns, values }: Matrix, i: number, j: number): number =>
  values[i * columns + j] ?? Number.NaN;

export const transpose = (of: Matrix): Matrix => ({
  rows: of.columns,
  columns: of.rows,
  values: Float64Array.from({ length: of.values.length }, (_, place) =>
    at(of, place % of.rows, Math.floor(place / of.rows)),
  ),
});

/** The product from its definition, in float64: the oracle. */
export function times(a: Matrix, b: Matrix): Matrix {
  const values = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.columns; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += at(a, i, k) * at(b, k, j);
      values[i * b.columns + j] = sum;
    }
  }
  return { rows: a.rows, columns: b.columns, values };
}

/** max|a − b|; NaN where there is one. */
export const distance = (a: Matrix, b: Matrix): number => {
  let result = 0;
  a.values.forEach((value, place) => {
    const one = Math.abs(value - (b.values[place] ?? Number.NaN));
    if (!(one <= result)) result = one;
  });
  return result;
};

export const largestOf = (values: Values): number => Math.max(0, ...Array.from(values, Math.abs));

export const identity = (n: number): Matrix =>
  matrix(referenceLinearAlgebra, n, n, (i, j) => (i === j ? 1 : 0));

/** V diag(values) Vᵀ with V a product of reflections, orthogonal to rounding. */
export function symmetricWith(algebra: LinearAlgebra, eigenvalues: readonly number[], seed = 1): Matrix {
  const n = eigenvalues.length;
  const next = noise(seed);
  let result = matrix(referenceLinearAlgebra, n, n, (i, j) => (i === j ? (eigenvalues[i] ?? 0) : 0));
  for (let reflection = 0; reflection < 3; reflection++) {
    const v = Array.from({ length: n }, next);
    const square = v.reduce((sum, x) => sum + x * x, 0);
    const h = matrix(
      referenceLinearAlgebra,
      n,
      n,
      (i, j) => (i === j ? 1 : 0) - (2 * (v[i] ?? 0) * (v[j] ?? 0)) / square,
    );
    result = times(times(h, result), h);
  }
  return matrix(algebra, n, n, (i, j) => (at(result, i, j) + at(result, j, i)) / 2);
}

/** n values from 1 down to 1/condition in a geometric progression. */
export const spectrum = (n: number, condition: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => condition ** (-i / Math.max(1, n - 1)));
