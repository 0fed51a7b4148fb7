import { SteepestError } from "@steepest/optim";
import type { MutableVector, Vector } from "../vector.js";

/** A matrix of which only rows are used: the samples of a linear model. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  /** Bytes that it keeps in memory; of some rows of another matrix, those of the whole. */
  readonly bytes: number;
  /** aᵢᵀx */
  dot(row: number, x: Vector): number;
  /** out += factor · aᵢ */
  addTo(row: number, factor: number, out: MutableVector): void;
  /** |aᵢ|² */
  squaredNorm(row: number): number;
}

const misfit = (message: string): SteepestError =>
  new SteepestError("shape-mismatch", message, "Give as many values as the matrix has entries");

/**
 * A matrix stored whole, row by row.
 * @throws SteepestError `shape-mismatch` where the number of values is not rows × columns.
 */
export function denseRows(rows: number, columns: number, values: Float64Array): Rows {
  if (values.length !== rows * columns) {
    throw misfit(`dense matrix of ${rows} x ${columns}: found ${values.length} values`);
  }
  return {
    rows,
    columns,
    bytes: values.byteLength,
    dot(row, x) {
      let sum = 0;
      for (let j = 0, k = row * columns; j < columns; j++, k++)
        sum += (values[k] ?? 0) * (x[j] ?? Number.NaN);
      return sum;
    },
    addTo(row, factor, out) {
      for (let j = 0, k = row * columns; j < columns; j++, k++) {
        out[j] = (out[j] ?? Number.NaN) + factor * (values[k] ?? 0);
      }
    },
    squaredNorm: (row) =>
      values.subarray(row * columns, (row + 1) * columns).reduce((sum, value) => sum + value * value, 0),
  };
}

/**
 * Compressed sparse rows: row i holds values[k] in column columnOf[k] for offsets[i] <= k < offsets[i + 1].
 */
export interface CompressedRows {
  readonly columns: number;
  /** [rows + 1], from 0, never falling. */
  readonly offsets: Int32Array;
  readonly columnOf: Int32Array;
  readonly values: Float64Array;
}

/**
 * A matrix of which only the entries other than zero are stored.
 * @throws SteepestError `shape-mismatch` where offsets, columns and values do not fit together.
 */
export function sparseRows({ columns, offsets, columnOf, values }: CompressedRows): Rows {
  const rising = offsets.every((offset, i) => offset >= (offsets[i - 1] ?? 0));
  if (offsets[0] !== 0 || !rising || offsets.at(-1) !== values.length || columnOf.length !== values.length) {
    throw misfit(
      `sparse matrix: expected offsets from 0 up to ${values.length} and ${values.length} columns, found offsets from ${offsets[0]} to ${offsets.at(-1)} and ${columnOf.length} columns`,
    );
  }
  const outside = columnOf.find((column) => column < 0 || column >= columns);
  if (outside !== undefined) throw misfit(`sparse matrix of ${columns} columns: found column ${outside}`);
  const end = (row: number) => offsets[row + 1] ?? 0;
  return {
    rows: offsets.length - 1,
    columns,
    bytes: offsets.byteLength + columnOf.byteLength + values.byteLength,
    dot(row, x) {
      let sum = 0;
      for (let k = offsets[row] ?? 0; k < end(row); k++) {
        sum += (values[k] ?? 0) * (x[columnOf[k] ?? 0] ?? Number.NaN);
      }
      return sum;
    },
    addTo(row, factor, out) {
      for (let k = offsets[row] ?? 0; k < end(row); k++) {
        const column = columnOf[k] ?? 0;
        out[column] = (out[column] ?? Number.NaN) + factor * (values[k] ?? 0);
      }
    },
    squaredNorm: (row) =>
      values.subarray(offsets[row], end(row)).reduce((sum, value) => sum + value * value, 0),
  };
}
