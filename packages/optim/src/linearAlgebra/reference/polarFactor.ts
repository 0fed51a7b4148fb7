import type { Values } from "../../backends/backend.js";
import { symmetricEigen } from "./eigen.js";
import { largest, multiply, transposed } from "./multiply.js";

/** Rows whose cosine is below this count as orthogonal. */
const orthogonal = 1e-15;

const maximumSweeps = 30;

/**
 * UVᵀ of a [m, n] matrix = U diag(σ) Vᵀ over the singular values above rounding (max(m, n) · 2⁻⁵² · σ_max);
 * zeros for a zero matrix, all NaN where an entry is not finite. By one-sided Jacobi rotations of the rows
 * (Hestenes 1958; Demmel, Veselić 1992), which find small singular values accurately, begun from the
 * eigenvectors of the Gram matrix, which leaves them little to do.
 */
export function polarFactor(matrix: Values, m: number, n: number): Float64Array {
  if (m > n) return transposed(polarFactor(transposed(matrix, m, n), n, m), n, m);
  const scale = largest(matrix);
  const result = new Float64Array(m * n);
  if (scale === 0) return result;
  if (!Number.isFinite(scale)) return result.fill(Number.NaN);
  const scaled = Float64Array.from(matrix, (value) => value / scale);
  const gram = new Float64Array(m * m);
  multiply({ m, k: n, n: m }, scaled, scaled, gram, { transposeB: true });
  const left = symmetricEigen(gram, m).rows;
  const rows = new Float64Array(m * n);
  multiply({ m, k: m, n }, left, scaled, rows);
  orthogonaliseRows(rows, left, m, n);
  const lengths = Float64Array.from({ length: m }, (_, i) => length(rows, i, n));
  const least = Math.max(m, n) * Number.EPSILON * largest(lengths);
  for (let i = 0; i < m; i++) {
    const size = lengths[i] ?? 0;
    const factor = size > least ? 1 / size : 0;
    for (let j = i * n; j < i * n + n; j++) rows[j] = (rows[j] ?? 0) * factor;
  }
  multiply({ m, k: m, n }, left, rows, result, { transposeA: true });
  return result;
}

/** Rotates pairs of rows, and the rows of `left` alike, until all pairs are orthogonal. */
function orthogonaliseRows(rows: Float64Array, left: Float64Array, m: number, n: number): void {
  for (let sweep = 0; sweep < maximumSweeps; sweep++) {
    let turned = false;
    for (let i = 0; i < m; i++) {
      for (let k = i + 1; k < m; k++) {
        const [a, b, c] = [dot(rows, i, i, n), dot(rows, k, k, n), dot(rows, i, k, n)];
        if (!(Math.abs(c) > orthogonal * Math.sqrt(a) * Math.sqrt(b)) || Math.abs(c) < 1e-290) continue;
        turned = true;
        const zeta = (b - a) / (2 * c);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        rotate(rows, i, k, n, cosine, cosine * t);
        rotate(left, i, k, m, cosine, cosine * t);
      }
    }
    if (!turned) return;
  }
}

function dot(rows: Float64Array, i: number, k: number, n: number): number {
  let sum = 0;
  for (let j = 0; j < n; j++) sum += (rows[i * n + j] ?? 0) * (rows[k * n + j] ?? 0);
  return sum;
}

const length = (rows: Float64Array, i: number, n: number): number => Math.sqrt(dot(rows, i, i, n));

/** (u, w) ← (cu − sw, su + cw) of rows i and k. */
function rotate(rows: Float64Array, i: number, k: number, n: number, c: number, s: number): void {
  for (let j = 0; j < n; j++) {
    const u = rows[i * n + j] ?? 0;
    const w = rows[k * n + j] ?? 0;
    rows[i * n + j] = c * u - s * w;
    rows[k * n + j] = s * u + c * w;
  }
}
