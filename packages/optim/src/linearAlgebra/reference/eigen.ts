import type { Values } from "../../backends/backend.js";
import { diagonalise } from "../deflation.js";
import { largest } from "./multiply.js";

/*
 * Symmetric eigendecomposition: Householder tridiagonalisation, then implicit QR steps with Wilkinson's shift
 * (Golub, Van Loan, Matrix Computations, 4th edition, sections 8.3.1 to 8.3.3). Eigenvectors are rows while
 * they are made, so that every inner loop runs over neighbours in memory.
 */

/**
 * Of a matrix scaled to largest entry 1: squares below this cannot change a result, and could not be divided
 * by.
 */
const negligibleSquare = 1e-280;

/** matrix = Vᵀ diag(values) V. */
export interface Eigendecomposition {
  /** Ascending. */
  readonly values: Float64Array;
  /** V [n, n]: row i is the unit eigenvector of value i. */
  readonly rows: Float64Array;
}

/** The decomposition of (matrix + matrixᵀ)/2; all NaN where an entry is not finite. */
export function symmetricEigen(matrix: Values, n: number): Eigendecomposition {
  const scale = largest(matrix);
  if (!Number.isFinite(scale)) {
    return { values: new Float64Array(n).fill(Number.NaN), rows: new Float64Array(n * n).fill(Number.NaN) };
  }
  const work = new Float64Array(n * n);
  const unit = scale === 0 ? 0 : 1 / scale;
  // A reciprocal overflows where the scale is subnormal.
  const scaled = (value: number) => (Number.isFinite(unit) ? value * unit : value / scale);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      work[i * n + j] = 0.5 * scaled(matrix[i * n + j] ?? 0) + 0.5 * scaled(matrix[j * n + i] ?? 0);
    }
  }
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  tridiagonalise(work, n, diagonal, offDiagonal);
  // Each rotation also turns two rows of the eigenvectors.
  diagonalise(diagonal, offDiagonal, n, (start, end) => qrStep(work, n, diagonal, offDiagonal, start, end));
  return ascending(work, n, diagonal, scale);
}

/** Reduces `work` to tridiagonal T = Q A Qᵀ and leaves Q in it. T's entry (i, i+1) goes to offDiagonal[i]. */
function tridiagonalise(
  work: Float64Array,
  n: number,
  diagonal: Float64Array,
  offDiagonal: Float64Array,
): void {
  const factors = new Float64Array(n);
  const p = new Float64Array(n);
  // From the last row upwards: row i becomes zero left of entry i−1 by the reflection I − βvvᵀ, whose v stays
  // in row i.
  for (let i = n - 1; i >= 1; i--) {
    const row = i * n;
    const kept = work[row + i - 1] ?? 0;
    let rest = 0;
    for (let j = 0; j < i - 1; j++) rest += (work[row + j] ?? 0) ** 2;
    if (rest < negligibleSquare) {
      offDiagonal[i - 1] = kept;
      continue;
    }
    const norm = Math.sqrt(kept * kept + rest);
    const entry = kept > 0 ? -norm : norm;
    const beta = 1 / (norm * (norm + Math.abs(kept)));
    offDiagonal[i - 1] = entry;
    factors[i] = beta;
    work[row + i - 1] = kept - entry;
    reflectLeadingBlock(work, n, i, beta, p);
  }
  for (let i = 0; i < n; i++) diagonal[i] = work[i * n + i] ?? 0;
  // Q is the product of the reflections, grown from the smallest: row i has given its v when it becomes part
  // of Q.
  for (let i = 0; i < n; i++) {
    const beta = factors[i] ?? 0;
    const v = i * n;
    for (let r = 0; r < i && beta !== 0; r++) {
      const row = r * n;
      let dot = 0;
      for (let j = 0; j < i; j++) dot += (work[row + j] ?? 0) * (work[v + j] ?? 0);
      dot *= beta;
      for (let j = 0; j < i; j++) work[row + j] = (work[row + j] ?? 0) - dot * (work[v + j] ?? 0);
    }
    for (let j = 0; j < i; j++) {
      work[v + j] = 0;
      work[j * n + i] = 0;
    }
    work[v + i] = 1;
  }
}

/**
 * B ← HBH for the leading size×size block B and H = I − βvvᵀ with v in row `size`; only the lower triangle is
 * kept.
 */
function reflectLeadingBlock(
  work: Float64Array,
  n: number,
  size: number,
  beta: number,
  p: Float64Array,
): void {
  const v = size * n;
  // p = βBv, from the lower triangle alone.
  for (let i = 0; i < size; i++) {
    const row = i * n;
    const own = work[v + i] ?? 0;
    let dot = (work[row + i] ?? 0) * own;
    for (let j = 0; j < i; j++) {
      const entry = work[row + j] ?? 0;
      dot += entry * (work[v + j] ?? 0);
      p[j] = (p[j] ?? 0) + entry * own;
    }
    p[i] = dot;
  }
  let pv = 0;
  for (let i = 0; i < size; i++) {
    const scaled = beta * (p[i] ?? 0);
    p[i] = scaled;
    pv += scaled * (work[v + i] ?? 0);
  }
  // HBH = B − vwᵀ − wvᵀ with w = p − (β pᵀv / 2) v.
  const half = 0.5 * beta * pv;
  for (let i = 0; i < size; i++) p[i] = (p[i] ?? 0) - half * (work[v + i] ?? 0);
  for (let i = 0; i < size; i++) {
    const row = i * n;
    const vi = work[v + i] ?? 0;
    const wi = p[i] ?? 0;
    for (let j = 0; j <= i; j++) {
      work[row + j] = (work[row + j] ?? 0) - vi * (p[j] ?? 0) - wi * (work[v + j] ?? 0);
    }
  }
}

/** One implicit QR step on the rows start..end. */
function qrStep(
  rows: Float64Array,
  n: number,
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  start: number,
  end: number,
): void {
  const last = diagonal[end] ?? 0;
  const coupling = offDiagonal[end - 1] ?? 0;
  const halfGap = 0.5 * ((diagonal[end - 1] ?? 0) - last);
  const root = Math.sqrt(halfGap * halfGap + coupling * coupling);
  const shift = last - (coupling * coupling) / (halfGap + (halfGap < 0 ? -root : root));
  let x = (diagonal[start] ?? 0) - shift;
  let z = offDiagonal[start] ?? 0;
  for (let k = start; k < end; k++) {
    const r = Math.sqrt(x * x + z * z);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : z / r;
    if (k > start) offDiagonal[k - 1] = r;
    const here = diagonal[k] ?? 0;
    const next = diagonal[k + 1] ?? 0;
    const between = offDiagonal[k] ?? 0;
    const turned = 2 * c * s * between;
    diagonal[k] = c * c * here + turned + s * s * next;
    diagonal[k + 1] = s * s * here - turned + c * c * next;
    x = (c * c - s * s) * between + c * s * (next - here);
    offDiagonal[k] = x;
    if (k + 1 < end) {
      const beyond = offDiagonal[k + 1] ?? 0;
      z = s * beyond;
      offDiagonal[k + 1] = c * beyond;
    }
    rotateRows(rows, k * n, n, c, s);
  }
}

/** Two neighbouring rows of length n, the first at `start`: (u, w) ← (cu + sw, cw − su). */
function rotateRows(rows: Float64Array, start: number, n: number, c: number, s: number): void {
  for (let j = start; j < start + n; j++) {
    const u = rows[j] ?? 0;
    const w = rows[j + n] ?? 0;
    rows[j] = c * u + s * w;
    rows[j + n] = c * w - s * u;
  }
}

function ascending(rows: Float64Array, n: number, diagonal: Float64Array, scale: number): Eigendecomposition {
  const order = Array.from(diagonal.keys()).sort((a, b) => (diagonal[a] ?? 0) - (diagonal[b] ?? 0));
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    sorted.set(rows.subarray(from * n, from * n + n), to * n);
  });
  return { values: Float64Array.from(order, (from) => (diagonal[from] ?? 0) * scale), rows: sorted };
}
