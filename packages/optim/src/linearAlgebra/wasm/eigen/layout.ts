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
  /** Numbers from one row to the next: an odd number of cache lines, so that the rows of a column do not fall upon each other in the cache. */
  readonly stride: number;
}

export function takeDoubleRows(layout: Layout, size: number): DoubleRows {
  const rows = Math.ceil(size / blockRows) * blockRows;
  const stride = Math.ceil(size / stripColumns) * stripColumns + lineDoubles;
  return { address: layout.take(rows * stride * doubleBytes), rows, stride };
}
