/*
 * Matrices as lists of rows, and the decompositions that transcriptions need, in the plainest way there is.
 */

export type Matrix = readonly (readonly number[])[];

export const at = (a: Matrix, i: number, j: number): number => a[i]?.[j] ?? Number.NaN;
export const matrix = (rows: number, columns: number, entry: (i: number, j: number) => number): Matrix =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => entry(i, j)));
export const zeros = (rows: number, columns: number): Matrix => matrix(rows, columns, () => 0);
export const scaledIdentity = (size: number, value: number): Matrix =>
  matrix(size, size, (i, j) => (i === j ? value : 0));
export const heightOf = (a: Matrix): number => a.length;
export const widthOf = (a: Matrix): number => a[0]?.length ?? 0;

export const map = (a: Matrix, change: (value: number, i: number, j: number) => number): Matrix =>
  a.map((row, i) => row.map((value, j) => change(value, i, j)));
/** αA + βB. */
export const combine = (alpha: number, a: Matrix, beta: number, b: Matrix): Matrix =>
  map(a, (value, i, j) => alpha * value + beta * at(b, i, j));
export const scale = (factor: number, a: Matrix): Matrix => map(a, (value) => factor * value);
export const transpose = (a: Matrix): Matrix => matrix(widthOf(a), heightOf(a), (i, j) => at(a, j, i));
export const multiply = (a: Matrix, b: Matrix): Matrix =>
  matrix(heightOf(a), widthOf(b), (i, j) => sum((a[i] ?? []).map((value, k) => value * at(b, k, j))));
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const frobenius = (a: Matrix): number => Math.hypot(...a.flat());
export const trace = (a: Matrix): number => sum(a.map((row, i) => row[i] ?? Number.NaN));
/** AAᵀ. */
export const gram = (a: Matrix): Matrix => multiply(a, transpose(a));

/**
 * Eigenvalues, largest first, and eigenvectors as columns: Jacobi's rotations, one off-diagonal element after
 * the other.
 */
export function eigen(symmetric: Matrix): { readonly values: readonly number[]; readonly vectors: Matrix } {
  const size = heightOf(symmetric);
  const a = symmetric.map((row) => [...row]);
  const rows = scaledIdentity(size, 1).map((row) => [...row]);
  const rotate = (first: number[], second: number[], angle: number) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    for (let i = 0; i < size; i++) {
      const [one, other] = [first[i] ?? Number.NaN, second[i] ?? Number.NaN];
      first[i] = c * one - s * other;
      second[i] = s * one + c * other;
    }
  };
  for (let sweep = 0; sweep < 15; sweep++)
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        if (at(a, p, q) === 0) continue;
        const angle = Math.atan2(2 * at(a, p, q), at(a, q, q) - at(a, p, p)) / 2;
        const [first = [], second = []] = [a[p], a[q]];
        rotate(first, second, angle);
        const [left, right] = [a.map((row) => row[p] ?? Number.NaN), a.map((row) => row[q] ?? Number.NaN)];
        rotate(left, right, angle);
        for (const [i, row] of a.entries())
          [row[p], row[q]] = [left[i] ?? Number.NaN, right[i] ?? Number.NaN];
        rotate(rows[p] ?? [], rows[q] ?? [], angle);
      }
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => at(a, j, j) - at(a, i, i));
  return {
    values: order.map((i) => at(a, i, i)),
    vectors: transpose(order.map((i) => rows[i] ?? [])),
  };
}

/** f of a symmetric matrix. */
export function matrixFunction(symmetric: Matrix, f: (eigenvalue: number) => number): Matrix {
  const { values, vectors } = eigen(symmetric);
  return multiply(
    map(vectors, (value, _, j) => value * f(values[j] ?? Number.NaN)),
    transpose(vectors),
  );
}

/** Columns made orthonormal from left to right (Gram and Schmidt). */
export function orthonormal(a: Matrix): Matrix {
  const columns: (readonly number[])[] = [];
  for (const column of transpose(a)) {
    let rest = column;
    // Twice, since once leaves what cancellation spoils.
    for (const done of [...columns, ...columns]) {
      const along = sum(done.map((value, i) => value * (rest[i] ?? Number.NaN)));
      rest = rest.map((value, i) => value - along * (done[i] ?? Number.NaN));
    }
    const length = Math.hypot(...rest);
    columns.push(rest.map((value) => value / length));
  }
  return transpose(columns);
}
