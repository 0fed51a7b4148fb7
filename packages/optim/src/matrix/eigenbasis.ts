import type { Values } from "../backends/backend.js";
import type { Matrix } from "../linearAlgebra/linearAlgebra.js";
import { elementCount } from "../parameter.js";

/** diag(QᵀMQ), the eigenvalues of M that its approximate eigenvectors Q stand for, from Q and MQ. */
export function estimateEigenvalues(basis: Matrix, product: Matrix, eigenvalues: Values): void {
  const { columns } = basis;
  const [left, right] = [basis.values, product.values];
  // Row after row, as the arrays lie.
  const sums = new Float64Array(columns);
  for (let row = 0; row < left.length; row += columns)
    for (let j = 0; j < columns; j++) sums[j] = (sums[j] ?? 0) + (left[row + j] ?? 0) * (right[row + j] ?? 0);
  eigenvalues.set(sums);
}

/** The places of the values from the largest to the smallest. */
export const descendingOrder = (values: Values): Int32Array =>
  Int32Array.from(values.keys()).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));

/** Puts the places along one axis of a tensor in another order. */
export function permuteAxis(values: Values, shape: readonly number[], axis: number, order: Int32Array): void {
  const size = shape[axis] ?? 1;
  const after = elementCount(shape.slice(axis + 1));
  const before = values.slice(0, size * after);
  for (let start = 0; start < values.length; start += before.length) {
    before.set(values.subarray(start, start + before.length));
    if (after === 1) for (let j = 0; j < size; j++) values[start + j] = before[order[j] ?? j] ?? 0;
    else
      for (let j = 0; j < size; j++) {
        const from = (order[j] ?? j) * after;
        values.set(before.subarray(from, from + after), start + j * after);
      }
  }
}
