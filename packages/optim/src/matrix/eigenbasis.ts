import type { Values } from "../backends/backend.js";
import type { Matrix } from "../linearAlgebra/linearAlgebra.js";
import { elementCount } from "../parameter.js";

/** Rows that are gone through together: what is looked up for a column, its sum or its place, serves all. */
const rowsTogether = 4;

/** diag(QᵀMQ), the eigenvalues of M that its approximate eigenvectors Q stand for, from Q and MQ. */
export function estimateEigenvalues(basis: Matrix, product: Matrix, eigenvalues: Values): void {
  const { rows, columns } = basis;
  const [left, right] = [basis.values, product.values];
  const sums = new Float64Array(columns);
  const term = (place: number): number => (left[place] ?? 0) * (right[place] ?? 0);
  let row = 0;
  for (; row + rowsTogether <= rows; row += rowsTogether)
    for (let j = 0, place = row * columns; j < columns; j++, place++) {
      const upper = term(place) + term(place + columns);
      sums[j] = (sums[j] ?? 0) + upper + term(place + 2 * columns) + term(place + 3 * columns);
    }
  for (; row < rows; row++)
    for (let j = 0; j < columns; j++) sums[j] = (sums[j] ?? 0) + term(row * columns + j);
  eigenvalues.set(sums);
}

/** The places of the values from the largest to the smallest. */
export const descendingOrder = (values: Values): Int32Array =>
  Int32Array.from(values.keys()).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));

/** Puts the places along one axis of a tensor in another order. */
export function permuteAxis(values: Values, shape: readonly number[], axis: number, order: Int32Array): void {
  const size = shape[axis] ?? 1;
  const after = elementCount(shape.slice(axis + 1));
  if (after === 1) {
    permuteColumns(values, size, order);
    return;
  }
  const before = values.slice(0, size * after);
  for (let start = 0; start < values.length; start += before.length) {
    before.set(values.subarray(start, start + before.length));
    for (let j = 0; j < size; j++) {
      const from = (order[j] ?? j) * after;
      values.set(before.subarray(from, from + after), start + j * after);
    }
  }
}

/** The same along the last axis, of so many columns. */
function permuteColumns(values: Values, columns: number, order: Int32Array): void {
  const group = rowsTogether * columns;
  const before = values.slice(0, group);
  let start = 0;
  for (; start + group <= values.length; start += group) {
    before.set(values.subarray(start, start + group));
    for (let j = 0; j < columns; j++) {
      const [to, from] = [start + j, order[j] ?? j];
      values[to] = before[from] ?? 0;
      values[to + columns] = before[from + columns] ?? 0;
      values[to + 2 * columns] = before[from + 2 * columns] ?? 0;
      values[to + 3 * columns] = before[from + 3 * columns] ?? 0;
    }
  }
  for (; start < values.length; start += columns) {
    before.set(values.subarray(start, start + columns));
    for (let j = 0; j < columns; j++) values[start + j] = before[order[j] ?? j] ?? 0;
  }
}
