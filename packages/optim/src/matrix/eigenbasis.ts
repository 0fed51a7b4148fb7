import type { Values } from "../backends/backend.js";
import type { Matrix } from "../linearAlgebra/linearAlgebra.js";
import { elementCount } from "../parameter.js";

/** diag(QᵀMQ), the eigenvalues of M that its approximate eigenvectors Q stand for, from Q and MQ. */
export function estimateEigenvalues(basis: Matrix, product: Matrix, eigenvalues: Values): void {
  const { rows, columns } = basis;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++)
      sum += (basis.values[i * columns + j] ?? 0) * (product.values[i * columns + j] ?? 0);
    eigenvalues[j] = sum;
  }
}

/** The places of the values from the largest to the smallest. */
export const descendingOrder = (values: Values): readonly number[] =>
  [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));

/** Puts the places along one axis of a tensor in another order. */
export function permuteAxis(
  values: Values,
  shape: readonly number[],
  axis: number,
  order: readonly number[],
): void {
  const size = shape[axis] ?? 1;
  const after = elementCount(shape.slice(axis + 1));
  const line = new Float64Array(size);
  for (let before = 0; before < values.length; before += size * after)
    for (let q = before; q < before + after; q++) {
      for (let j = 0; j < size; j++) line[j] = values[q + (order[j] ?? j) * after] ?? 0;
      for (let j = 0; j < size; j++) values[q + j * after] = line[j] ?? 0;
    }
}
