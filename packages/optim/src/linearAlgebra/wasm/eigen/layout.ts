import type { Layout } from "../workspace.js";

export const doubleBytes = 8;

/** Rows and columns come in blocks of four. */
export const blockRows = 4;

const cacheLineBytes = 64;
const lineDoubles = cacheLineBytes / doubleBytes;

/** Square matrices in rows of float64, padded to blocks. */
export interface DoubleRows {
  readonly address: number;
  readonly rows: number;
  /** Numbers from one row to the next: an odd number of cache lines, so that the rows of a column do not fall upon each other in the cache. */
  readonly stride: number;
}

/** The least multiple of four that is not below the extent. */
export const blocked = (extent: number): number => Math.ceil(extent / blockRows) * blockRows;

export function takeDoubleRows(layout: Layout, size: number): DoubleRows {
  const rows = blocked(size);
  const stride = (Math.ceil(size / lineDoubles) | 1) * lineDoubles;
  return { address: layout.take(rows * stride * doubleBytes), rows, stride };
}
