import type { Values } from "../../backends/backend.js";
import { largest, transposed } from "./multiply.js";

/**
 * Of a matrix scaled to largest entry 1: squares below this cannot change a result, and could not be divided
 * by.
 */
const negligibleSquare = 1e-280;

/** matrix = q r. */
export interface QrDecomposition {
  /** q [m, n] as its transpose: row j is column j of q. */
  readonly qColumns: Float64Array;
  /** r [n, n] as its transpose. */
  readonly rColumns: Float64Array;
}

/**
 * Householder QR of a [m, n] matrix, m ≥ n (Golub, Van Loan, Matrix Computations, 4th edition, section 5.2),
 * on its columns; all NaN where an entry is not finite.
 */
export function qr(matrix: Values, m: number, n: number): QrDecomposition {
  const columns = transposed(matrix, m, n);
  const qColumns = new Float64Array(m * n);
  const rColumns = new Float64Array(n * n);
  const scale = largest(columns);
  if (!Number.isFinite(scale)) {
    return { qColumns: qColumns.fill(Number.NaN), rColumns: rColumns.fill(Number.NaN) };
  }
  if (scale > 0) for (let i = 0; i < columns.length; i++) columns[i] = (columns[i] ?? 0) / scale;
  const factors = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const column = k * m;
    const kept = columns[column + k] ?? 0;
    let rest = 0;
    for (let i = column + k + 1; i < column + m; i++) rest += (columns[i] ?? 0) ** 2;
    let entry = kept;
    if (rest >= negligibleSquare) {
      const norm = Math.sqrt(kept * kept + rest);
      entry = kept > 0 ? -norm : norm;
      const factor = 1 / (norm * (norm + Math.abs(kept)));
      factors[k] = factor;
      columns[column + k] = kept - entry;
      for (let j = k + 1; j < n; j++) reflect(columns, column + k, column + m, factor, columns, j * m + k);
    }
    for (let i = 0; i < k; i++) rColumns[k * n + i] = (columns[column + i] ?? 0) * scale;
    rColumns[k * n + k] = entry * scale;
  }
  for (let k = n - 1; k >= 0; k--) {
    const column = k * m;
    const factor = factors[k] ?? 0;
    qColumns[column + k] = 1;
    if (factor === 0) continue;
    for (let j = k; j < n; j++) reflect(columns, column + k, column + m, factor, qColumns, j * m + k);
  }
  return { qColumns, rColumns };
}

/** x ← (I − factor · v vᵀ)x, with v = source[from..to) and x as long, from `start` in the target. */
function reflect(
  source: Float64Array,
  from: number,
  to: number,
  factor: number,
  target: Float64Array,
  start: number,
): void {
  const shift = start - from;
  let dot = 0;
  for (let i = from; i < to; i++) dot += (source[i] ?? 0) * (target[shift + i] ?? 0);
  dot *= factor;
  for (let i = from; i < to; i++) target[shift + i] = (target[shift + i] ?? 0) - dot * (source[i] ?? 0);
}
