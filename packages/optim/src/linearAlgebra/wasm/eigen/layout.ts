import type { Values } from "../../../backends/backend.js";
import type { Layout } from "../workspace.js";

export const doubleBytes = 8;

/** Rows and columns come in blocks of four. */
export const blockRows = 4;

/** Columns that a sequence of rotations takes at a time. */
export const stripColumns = 16;

const lineDoubles = 64 / doubleBytes;

/** Square matrices in rows of float64, padded to blocks and strips. */
export interface DoubleRows {
  readonly address: number;
  readonly rows: number;
  /**
   * Numbers from one row to the next: an odd number of cache lines, so that the rows of a column do not fall
   * upon each other in the cache.
   */
  readonly stride: number;
}

export function takeDoubleRows(layout: Layout, size: number): DoubleRows {
  const rows = Math.ceil(size / blockRows) * blockRows;
  const stride = Math.ceil(size / stripColumns) * stripColumns + lineDoubles;
  return { address: layout.take(rows * stride * doubleBytes), rows, stride };
}

/**
 * Loads the mean of a float32 matrix and its transpose into the blocks on and below the diagonal, zeros where
 * these exceed it; whether all of it is finite.
 */
export function loadSymmetric(
  doubles: Float64Array,
  { address, rows, stride }: DoubleRows,
  matrix: Values,
  size: number,
): boolean {
  const start = address / doubleBytes;
  doubles.fill(0, start, start + rows * stride);
  let zero = 0;
  for (let i = 0; i < size; i++) {
    const row = start + i * stride;
    for (let j = 0; j <= i; j++) {
      const mean = 0.5 * ((matrix[i * size + j] ?? 0) + (matrix[j * size + i] ?? 0));
      zero += 0 * mean;
      doubles[row + j] = mean;
    }
    for (let j = i - (i % blockRows); j < i; j++) doubles[start + j * stride + i] = doubles[row + j] ?? 0;
  }
  return zero === 0;
}
