import type { Values } from "../../backends/backend.js";

/** How `multiply` reads its operands and what it does with its result. */
export interface MultiplyOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** result [m, n] = alpha · op(a) [m, k] op(b) [k, n] + beta · result; a row of the result at a time. */
export function multiply(
  { m, k, n }: { readonly m: number; readonly k: number; readonly n: number },
  a: Values,
  b: Values,
  result: Values,
  { transposeA = false, transposeB = false, alpha = 1, beta = 0 }: MultiplyOptions = {},
): void {
  const [rowStep, innerStep] = transposeA ? [1, m] : [k, 1];
  const right = transposeB ? transposed(b, n, k) : b;
  const row = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    row.fill(0);
    for (let p = 0; p < k; p++) {
      const factor = alpha * (a[i * rowStep + p * innerStep] ?? 0);
      const start = p * n;
      for (let j = 0; j < n; j++) row[j] = (row[j] ?? 0) + factor * (right[start + j] ?? 0);
    }
    const start = i * n;
    for (let j = 0; j < n; j++) {
      result[start + j] = (row[j] ?? 0) + (beta === 0 ? 0 : beta * (result[start + j] ?? 0));
    }
  }
}

/** A copy of a [rows, columns] matrix as its transpose, in float64. */
export function transposed(matrix: Values, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] ?? 0;
  }
  return result;
}

/** The n×n identity times a factor. */
export function scaledIdentity(n: number, factor: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) result[i * n + i] = factor;
  return result;
}

/** The largest absolute value; NaN where there is one. */
export function largest(values: Values): number {
  let result = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size <= result)) result = size;
    if (Number.isNaN(result)) return result;
  }
  return result;
}

/** √Σx², without overflow or underflow of the squares. */
export function frobeniusNorm(values: Values): number {
  const scale = largest(values);
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  let sum = 0;
  for (const value of values) sum += (value / scale) ** 2;
  return scale * Math.sqrt(sum);
}
