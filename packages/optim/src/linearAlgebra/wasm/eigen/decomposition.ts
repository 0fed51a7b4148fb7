import { diagonalise } from "../../deflation.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { type DoubleRows, doubleBytes, stripColumns } from "./layout.js";
import type { TridiagonalRoom } from "./tridiagonal.js";

/*
 * Symmetric eigendecomposition as the reference does it (reference/eigen.ts): Householder tridiagonalisation,
 * then implicit QR steps with Wilkinson's shift, in float64. What runs over rows is kernels; what decides,
 * one number at a time, is here. A QR step first notes its rotations, and then they run down the rows of
 * eigenvectors together. Squares of float32 entries neither overflow nor underflow.
 *
 * Rotations without square roots' scales (Gentleman 1973; Golub, Van Loan, section 5.1.13): with rows u = γU
 * and w = gW, of
 *   cu + sw = cγ(U + aW), a = (s/c)(g/γ)   and   cw − su = cg(W − bU), b = (s/c)(γ/g)
 * only the parentheses are computed, which halves the multiplications, and the factors are kept as the rows'
 * scales.
 */

/**
 * c of a rotation is at least so much of s: nothing is left of it in float64 anyway, and s/c must not
 * overflow.
 */
const leastCosine = 1e-60;

/** A row with a scale below this is multiplied by it. */
const leastScale = 1e-80;

/** Eigenvalues and eigenvectors of a matrix, in the workspace. */
export interface EigenRoom {
  readonly size: number;
  /** Row i times scale i: the eigenvector of value i, in no order. */
  readonly vectors: DoubleRows;
  readonly scales: Float64Array;
  /** As large, and free for other use once the decomposition is done. */
  readonly reflections: DoubleRows;
  readonly values: Float64Array;
  /** Decomposes the matrix that the tridiagonal one was made of, which turns into its eigenvalues. */
  run(workspace: Workspace): void;
}

/** Makes room for decompositions of one size, of which a tridiagonal matrix is the first half. */
export function eigenRoom(tridiagonal: TridiagonalRoom, layout: Layout): EigenRoom {
  const { size, matrix: vectors, reflections, diagonal: values, offDiagonal } = tridiagonal;
  const rotations = layout.take(2 * size * doubleBytes);
  const rowBytes = vectors.stride * doubleBytes;
  const scales = new Float64Array(size);
  const strips = Math.ceil(size / stripColumns);
  const rotate = call("rotateRows", [vectors.address, rotations, 0, strips, rowBytes]);

  const run = (workspace: Workspace): void => {
    tridiagonal.multiplyReflections(workspace);
    scales.fill(1);
    diagonalise(values, offDiagonal, size, (first, end) => {
      qrStep(values, offDiagonal, scales, [first, end], workspace.doubles, rotations / doubleBytes);
      rotate.words[0] = vectors.address + first * rowBytes;
      rotate.words[2] = end - first;
      workspace.call(rotate);
      for (let i = first; i <= end; i++)
        if (Math.abs(scales[i] ?? 0) < leastScale) rescale(workspace.doubles, i);
    });
  };

  /** Multiplies a row by its scale. */
  const rescale = (doubles: Float64Array, i: number): void => {
    const start = vectors.address / doubleBytes + i * vectors.stride;
    for (let j = start; j < start + size; j++) doubles[j] = (doubles[j] ?? 0) * (scales[i] ?? 0);
    scales[i] = 1;
  };
  return { size, vectors, scales, reflections, values, run };
}

/**
 * One implicit QR step on start..end of the tridiagonal matrix; the pairs (a, b) of its rotations go to
 * `into`.
 */
function qrStep(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  scales: Float64Array,
  [start, end]: readonly [number, number],
  doubles: Float64Array,
  into: number,
): void {
  const last = diagonal[end] ?? 0;
  const coupling = offDiagonal[end - 1] ?? 0;
  const halfGap = 0.5 * ((diagonal[end - 1] ?? 0) - last);
  const root = Math.sqrt(halfGap * halfGap + coupling * coupling);
  const shift = last - (coupling * coupling) / (halfGap + (halfGap < 0 ? -root : root));
  let x = (diagonal[start] ?? 0) - shift;
  let z = offDiagonal[start] ?? 0;
  let here = diagonal[start] ?? 0;
  let scale = scales[start] ?? 1;
  let place = into;
  for (let k = start; k < end; k++) {
    if (Math.abs(x) < leastCosine * Math.abs(z)) x = leastCosine * Math.abs(z);
    const r = Math.sqrt(x * x + z * z);
    const unit = 1 / r;
    const c = r === 0 ? 1 : x * unit;
    const s = r === 0 ? 0 : z * unit;
    const tangent = r === 0 ? 0 : z / x;
    if (k > start) offDiagonal[k - 1] = r;
    const next = diagonal[k + 1] ?? 0;
    const between = offDiagonal[k] ?? 0;
    const turned = 2 * c * s * between;
    diagonal[k] = c * c * here + turned + s * s * next;
    x = (c * c - s * s) * between + c * s * (next - here);
    here = s * s * here - turned + c * c * next;
    if (k + 1 < end) {
      const beyond = offDiagonal[k + 1] ?? 0;
      z = s * beyond;
      offDiagonal[k + 1] = c * beyond;
    }
    const lower = scales[k + 1] ?? 1;
    const ratio = lower / scale;
    doubles[place++] = tangent * ratio;
    doubles[place++] = tangent / ratio;
    scales[k] = c * scale;
    scale = c * lower;
  }
  diagonal[end] = here;
  offDiagonal[end - 1] = x;
  scales[end] = scale;
}

/** The places of the values from the smallest to the largest. */
export const ascendingOrder = (values: Float64Array): Uint32Array =>
  Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
