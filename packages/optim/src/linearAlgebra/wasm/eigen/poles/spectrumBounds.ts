/** max|λ| of a symmetric tridiagonal matrix is at most this (Gershgorin). */
export function gershgorin(diagonal: Float64Array, offDiagonal: Float64Array): number {
  let bound = 0;
  for (let i = 0; i < diagonal.length; i++) {
    const beside = Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(offDiagonal[i] ?? 0);
    bound = Math.max(bound, Math.abs(diagonal[i] ?? 0) + beside);
  }
  return bound;
}

/** Whether all eigenvalues of T are above x: whether the pivots of T − xI are positive. */
export function isAbove(diagonal: Float64Array, offDiagonal: Float64Array, x: number): boolean {
  let pivot = (diagonal[0] ?? 0) - x;
  for (let i = 1; i < diagonal.length && pivot > 0; i++) {
    const beside = offDiagonal[i - 1] ?? 0;
    pivot = (diagonal[i] ?? 0) - x - (beside * beside) / pivot;
  }
  return pivot > 0;
}

/** Halvings of an interval of length 2 until float64 has no more to tell. */
const halvings = 64;

/** The least eigenvalue, known to be in [−1, 1], by bisection. */
export function leastEigenvalue(diagonal: Float64Array, offDiagonal: Float64Array): number {
  let [low, high] = [-1, 1];
  for (let step = 0; step < halvings; step++) {
    const middle = (low + high) / 2;
    if (isAbove(diagonal, offDiagonal, middle)) low = middle;
    else high = middle;
  }
  return low;
}
