import type { Values } from "../backends/backend.js";
import type { Matrix } from "../linearAlgebra/linearAlgebra.js";

/** The mean of a matrix's diagonal: the mean of its eigenvalues. */
export function meanDiagonal({ rows, values }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += rows + 1) sum += values[i] ?? 0;
  return sum / rows;
}

const mostIterations = 100;
const tolerance = 1e-9;

/** The largest eigenvalue of a positive semi-definite matrix, by power iteration from a fixed start. */
export function largestEigenvalue(matrix: Values, n: number): number {
  // A start that no symmetry of the matrix can make orthogonal to the eigenvector.
  let vector = Float64Array.from({ length: n }, (_, i) => 1 + Math.sin(1 + i) / 2);
  let estimate = 0;
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    const length = Math.hypot(...vector);
    if (length === 0) return 0;
    const next = new Float64Array(n);
    let quotient = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (matrix[i * n + j] ?? 0) * ((vector[j] ?? 0) / length);
      next[i] = sum;
      quotient += (sum * (vector[i] ?? 0)) / length;
    }
    if (Math.abs(quotient - estimate) <= tolerance * quotient) return quotient;
    estimate = quotient;
    vector = next;
  }
  return estimate;
}
