/** Far more than the two or three steps that an eigenvalue takes. */
const maximumStepsPerValue = 100;

/**
 * QR steps on a tridiagonal matrix until it is diagonal, from its lower end: `step` makes one on the rows
 * start..end, between which no entry beside the diagonal is negligible.
 */
export function diagonalise(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  n: number,
  step: (start: number, end: number) => void,
): void {
  let end = n - 1;
  let steps = 0;
  while (end > 0) {
    let start = end;
    while (start > 0 && !splits(diagonal, offDiagonal, start - 1)) start--;
    if (start === end) {
      end--;
      steps = 0;
      continue;
    }
    if (steps++ === maximumStepsPerValue)
      throw new Error("internal: the symmetric QR algorithm did not converge");
    step(start, end);
  }
}

/** Whether the entry beside the diagonal is negligible; then it becomes zero. */
function splits(diagonal: Float64Array, offDiagonal: Float64Array, i: number): boolean {
  const neighbours = Math.abs(diagonal[i] ?? 0) + Math.abs(diagonal[i + 1] ?? 0);
  const entry = Math.abs(offDiagonal[i] ?? 0);
  if (entry > Number.EPSILON * neighbours && entry > 1e-140) return false;
  offDiagonal[i] = 0;
  return true;
}
