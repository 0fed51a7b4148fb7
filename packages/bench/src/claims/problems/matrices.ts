import { type Matrix, type ProductTask, referenceLinearAlgebra } from "@steepest/optim";
import type { RandomStream } from "@steepest/random";

/** A [rows, columns] matrix with orthonormal columns, uniformly at random but for signs. */
export function randomOrthonormal(rows: number, columns: number, stream: RandomStream): Matrix {
  const values = Float64Array.from({ length: rows * columns }, stream.normal);
  const matrix = { rows, columns, values };
  referenceLinearAlgebra.qr([{ matrix, q: matrix }]).run();
  return matrix;
}

/** op(a) op(b) in float64. */
export function times(
  a: Matrix,
  b: Matrix,
  transposed: Pick<ProductTask, "transposeA" | "transposeB"> = {},
): Matrix {
  const rows = transposed.transposeA === true ? a.columns : a.rows;
  const columns = transposed.transposeB === true ? b.rows : b.columns;
  const result = { rows, columns, values: new Float64Array(rows * columns) };
  referenceLinearAlgebra.product([{ a, b, result, ...transposed }]).run();
  return result;
}

/** left · diag(values) · rightᵀ. */
export function composed(left: Matrix, values: ArrayLike<number>, right: Matrix): Matrix {
  const scaled = Float64Array.from(
    left.values,
    (value, place) => value * (values[place % left.columns] ?? 0),
  );
  return times({ ...left, values: scaled }, right, { transposeB: true });
}

/** 1 down to 1/condition, geometrically. */
export const spectrum = (count: number, condition: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => condition ** (-i / Math.max(1, count - 1)));

/** √Σ (a − b)². */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)) ** 2;
  return Math.sqrt(sum);
}

/** max|matrix − I|. */
export function distanceToIdentity({ rows, columns, values }: Matrix): number {
  let largest = 0;
  for (let place = 0; place < rows * columns; place++) {
    const one = place % (columns + 1) === 0 ? 1 : 0;
    const error = Math.abs((values[place] ?? Number.NaN) - one);
    if (!(error <= largest)) largest = error;
  }
  return largest;
}
