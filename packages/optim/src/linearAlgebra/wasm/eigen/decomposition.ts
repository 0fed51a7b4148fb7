import type { Values } from "../../../backends/backend.js";
import { largest } from "../../reference/multiply.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { stripColumns } from "./kernels.js";
import { blockRows, type DoubleRows, doubleBytes, takeDoubleRows } from "./layout.js";

/*
 * Symmetric eigendecomposition as the reference does it (reference/eigen.ts): Householder tridiagonalisation, then implicit QR steps with
 * Wilkinson's shift, in float64. What runs over rows is kernels; what decides, one number at a time, is here. A QR step first notes its
 * rotations, and then they run down the rows of eigenvectors together.
 */

/** Of a matrix scaled to largest entry 1: squares below this cannot change a result, and could not be divided by. */
const negligibleSquare = 1e-280;

/** Far more than the two or three steps that an eigenvalue takes. */
const maximumStepsPerValue = 100;

/** Eigenvalues and eigenvectors of a matrix, in the workspace. */
export interface EigenRoom {
  readonly size: number;
  /** Row i: the eigenvector of value i, in no order. */
  readonly vectors: DoubleRows;
  /** As large, and free for other use once the decomposition is done. */
  readonly reflections: DoubleRows;
  readonly values: Float64Array;
  /** Decomposes (matrix + matrixᵀ)/2; whether all of it was finite: else there is no decomposition. */
  run(workspace: Workspace, matrix: Values): boolean;
}

/** Makes room for decompositions of one size. */
export function eigenRoom(size: number, layout: Layout): EigenRoom {
  const vectors = takeDoubleRows(layout, size);
  const reflections = takeDoubleRows(layout, size);
  const image = layout.take(reflections.stride * doubleBytes);
  const rotations = layout.take(2 * size * doubleBytes);
  const rowBytes = vectors.stride * doubleBytes;
  const values = new Float64Array(size);
  const offDiagonal = new Float64Array(size);
  const reflection = (i: number) => reflections.address + i * rowBytes;
  const blocksOf = (rows: number) => Math.ceil(rows / blockRows);
  const reduction = Array.from({ length: size }, (_, i) => ({
    multiply: call("symmetricVector", [vectors.address, reflection(i), image, blocksOf(i), rowBytes]),
    update: call("symmetricUpdate", [vectors.address, reflection(i), image, blocksOf(i), rowBytes]),
    reflect: call("reflectRows", [vectors.address, reflection(i), blocksOf(i), blocksOf(i), rowBytes]),
  }));
  const strips = Math.ceil(size / stripColumns);
  const rotate = call("rotateRows", [vectors.address, rotations, 0, strips, rowBytes]);

  const run = (workspace: Workspace, matrix: Values): boolean => {
    const scale = largest(matrix);
    if (!Number.isFinite(scale)) return false;
    const { doubles } = workspace;
    load(doubles, matrix, scale);
    tridiagonalise(workspace);
    diagonalise(workspace);
    for (let i = 0; i < size; i++) values[i] = (values[i] ?? 0) * scale;
    return true;
  };

  /** The mean with the transpose, divided by its scale; zeros where the blocks exceed it. */
  const load = (doubles: Float64Array, matrix: Values, scale: number): void => {
    const start = vectors.address / doubleBytes;
    doubles.fill(0, start, start + vectors.rows * vectors.stride);
    // Of float32 entries: a reciprocal in float64 neither overflows nor underflows.
    const half = scale === 0 ? 0 : 0.5 / scale;
    for (let i = 0; i < size; i++) {
      const row = start + i * vectors.stride;
      for (let j = 0; j <= i; j++) {
        const mean = half * (matrix[i * size + j] ?? 0) + half * (matrix[j * size + i] ?? 0);
        doubles[row + j] = mean;
        doubles[start + j * vectors.stride + i] = mean;
      }
    }
  };

  const tridiagonalise = (workspace: Workspace): void => {
    const { doubles } = workspace;
    const start = vectors.address / doubleBytes;
    const p = image / doubleBytes;
    const { stride } = vectors;
    // From the last row upwards: row i becomes zero left of entry i−1 by the reflection I − vvᵀ.
    for (let i = size - 1; i >= 1; i--) {
      const row = start + i * stride;
      const v = reflection(i) / doubleBytes;
      doubles.fill(0, v, v + stride);
      const kept = doubles[row + i - 1] ?? 0;
      let rest = 0;
      for (let j = row; j < row + i - 1; j++) rest += (doubles[j] ?? 0) ** 2;
      if (rest < negligibleSquare) {
        offDiagonal[i - 1] = kept;
        continue;
      }
      const norm = Math.sqrt(kept * kept + rest);
      const entry = kept > 0 ? -norm : norm;
      const unit = 1 / Math.sqrt(norm * (norm + Math.abs(kept)));
      offDiagonal[i - 1] = entry;
      for (let j = 0; j < i - 1; j++) doubles[v + j] = (doubles[row + j] ?? 0) * unit;
      doubles[v + i - 1] = (kept - entry) * unit;
      const step = reduction[i];
      if (step === undefined) continue;
      workspace.call(step.multiply);
      // HAH = A − vwᵀ − wvᵀ with w = p − (pᵀv / 2) v.
      let pv = 0;
      for (let j = 0; j < i; j++) pv += (doubles[p + j] ?? 0) * (doubles[v + j] ?? 0);
      for (let j = 0; j < i; j++) doubles[p + j] = (doubles[p + j] ?? 0) - 0.5 * pv * (doubles[v + j] ?? 0);
      doubles.fill(0, p + i, p + stride);
      workspace.call(step.update);
    }
    for (let i = 0; i < size; i++) values[i] = doubles[start + i * (stride + 1)] ?? 0;
    // The product of the reflections, grown from the smallest, in the place of the matrix.
    doubles.fill(0, start, start + vectors.rows * stride);
    for (let i = 0; i < size; i++) {
      const step = reduction[i];
      if (i > 0 && step !== undefined) workspace.call(step.reflect);
      doubles[start + i * (stride + 1)] = 1;
    }
  };

  const diagonalise = (workspace: Workspace): void => {
    let end = size - 1;
    let steps = 0;
    while (end > 0) {
      let first = end;
      while (first > 0 && !splits(values, offDiagonal, first - 1)) first--;
      if (first === end) {
        end--;
        steps = 0;
        continue;
      }
      if (steps++ === maximumStepsPerValue) {
        throw new Error("internal: the symmetric QR algorithm did not converge");
      }
      qrStep(values, offDiagonal, first, end, workspace.doubles, rotations / doubleBytes);
      rotate.words[0] = vectors.address + first * rowBytes;
      rotate.words[2] = end - first;
      workspace.call(rotate);
    }
  };
  return { size, vectors, reflections, values, run };
}

/** Whether the entry beside the diagonal is negligible; then it becomes zero. */
function splits(diagonal: Float64Array, offDiagonal: Float64Array, i: number): boolean {
  const neighbours = Math.abs(diagonal[i] ?? 0) + Math.abs(diagonal[i + 1] ?? 0);
  const entry = Math.abs(offDiagonal[i] ?? 0);
  if (entry > Number.EPSILON * neighbours && entry > 1e-140) return false;
  offDiagonal[i] = 0;
  return true;
}

/** One implicit QR step on start..end of the tridiagonal matrix; the pairs (c, s) of its rotations go to `into`. */
function qrStep(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  start: number,
  end: number,
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
  let place = into;
  for (let k = start; k < end; k++) {
    const r = Math.sqrt(x * x + z * z);
    const unit = 1 / r;
    const c = r === 0 ? 1 : x * unit;
    const s = r === 0 ? 0 : z * unit;
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
    doubles[place++] = c;
    doubles[place++] = s;
  }
  diagonal[end] = here;
  offDiagonal[end - 1] = x;
}

/** The places of the values from the smallest to the largest. */
export const ascendingOrder = (values: Float64Array): Uint32Array =>
  Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
