import type { QrTask, SymmetricEigenTask } from "../linearAlgebra.js";
import { symmetricEigen } from "./eigen.js";
import { transposed } from "./multiply.js";
import { qr } from "./qr.js";

/** Does an eigendecomposition of a [size, size] matrix, in float64, into the task's arrays. */
export function writeEigen({ matrix, values, vectors, order }: SymmetricEigenTask, size: number): void {
  const decomposition = symmetricEigen(matrix.values, size);
  values.set(decomposition.values);
  vectors.values.set(transposed(decomposition.rows, size, size));
  if (order !== "descending") return;
  values.reverse();
  for (let i = 0; i < size; i++) vectors.values.subarray(i * size, (i + 1) * size).reverse();
}

/** Does a QR decomposition, in float64, into the task's arrays. */
export function writeQr({ matrix: { rows, columns, values }, q, r }: QrTask): void {
  const { qColumns, rColumns } = qr(values, rows, columns);
  q.values.set(transposed(qColumns, columns, rows));
  r?.values.set(transposed(rColumns, columns, columns));
}
