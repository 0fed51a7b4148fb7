import type { Values } from "../../../backends/backend.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { blockRows, type DoubleRows, doubleBytes, loadSymmetric, takeDoubleRows } from "./layout.js";

/** Below this a sum of squares is of what rounding left of zeros. */
const negligibleSquare = 1e-180;

/** The matrix's rows come in blocks of so many. */
export const storedRows = 8;

/** T = Qᵀ A Q of a symmetric A, tridiagonal, in float64, with Q = H_{n−1} … H₂ H₁ and H_i = I − v vᵀ. */
export interface TridiagonalRoom {
  readonly size: number;
  /**
   * The matrix; once it is reduced, whatever `restore` or `multiplyReflections` are to make. Its rows come
   * in blocks of eight.
   */
  readonly matrix: DoubleRows;
  /** Row i: v of H_i, which is zero from entry i on. */
  readonly reflections: DoubleRows;
  readonly diagonal: Float64Array;
  /** Entry i is beside entries i and i + 1 of the diagonal. */
  readonly offDiagonal: Float64Array;
  /** Reduces (matrix + matrixᵀ)/2; whether all of it was finite: else there is no T. */
  run(workspace: Workspace, matrix: Values): boolean;
  /** A ← Q A Qᵀ of a symmetric matrix in the place of the first, in the blocks on and below the diagonal. */
  restore(workspace: Workspace): void;
  /** Qᵀ in the place of the matrix. */
  multiplyReflections(workspace: Workspace): void;
}

/** Makes room for reductions of one size. */
export function tridiagonalRoom(size: number, layout: Layout): TridiagonalRoom {
  const matrix = takeDoubleRows(layout, Math.ceil(size / storedRows) * storedRows);
  const reflections = takeDoubleRows(layout, size);
  const image = layout.take(reflections.stride * doubleBytes);
  const rowBytes = matrix.stride * doubleBytes;
  const diagonal = new Float64Array(size);
  const offDiagonal = new Float64Array(size);
  const reflection = (i: number) => reflections.address + i * rowBytes;
  const twoSided = Array.from({ length: size }, (_, i) => {
    const blocks = Math.ceil(i / blockRows);
    const words = [matrix.address, reflection(i), image, blocks, rowBytes];
    const below = matrix.address + blocks * blockRows * rowBytes;
    return {
      multiply: call("symmetricVector", words),
      update: call("symmetricUpdate", words),
      below: call("reflectRows", [
        ...[below, reflection(i), matrix.rows / blockRows - blocks, blocks],
        rowBytes,
      ]),
    };
  });
  const growth = Array.from({ length: size }, (_, i) => {
    const blocks = Math.ceil(i / blockRows);
    return call("reflectRows", [matrix.address, reflection(i), blocks, blocks, rowBytes]);
  });
  const { stride } = matrix;
  const start = matrix.address / doubleBytes;
  const p = image / doubleBytes;

  /**
   * Writes v of the reflection that leaves of row i only what is beside the diagonal; whether there is any.
   */
  const reflect = (doubles: Float64Array, i: number): boolean => {
    const row = start + i * stride;
    const v = reflection(i) / doubleBytes;
    doubles.fill(0, v, v + stride);
    const kept = doubles[row + i - 1] ?? 0;
    let rest = 0;
    for (let j = row; j < row + i - 1; j++) rest += (doubles[j] ?? 0) ** 2;
    if (rest < negligibleSquare) {
      offDiagonal[i - 1] = kept;
      return false;
    }
    const norm = Math.sqrt(kept * kept + rest);
    const entry = kept > 0 ? -norm : norm;
    const unit = 1 / Math.sqrt(norm * (norm + Math.abs(kept)));
    offDiagonal[i - 1] = entry;
    for (let j = 0; j < i - 1; j++) doubles[v + j] = (doubles[row + j] ?? 0) * unit;
    doubles[v + i - 1] = (kept - entry) * unit;
    return true;
  };

  /** A ← H_i A H_i in the leading blocks, of which entry i − 1 is the last that v reaches. */
  const reflectBlocks = (workspace: Workspace, i: number): void => {
    const step = twoSided[i];
    if (step === undefined) return;
    const { doubles } = workspace;
    const v = reflection(i) / doubleBytes;
    workspace.call(step.multiply);
    // HAH = A − vwᵀ − wvᵀ with w = p − (pᵀv / 2) v.
    let pv = 0;
    for (let j = 0; j < i; j++) pv += (doubles[p + j] ?? 0) * (doubles[v + j] ?? 0);
    for (let j = 0; j < i; j++) doubles[p + j] = (doubles[p + j] ?? 0) - 0.5 * pv * (doubles[v + j] ?? 0);
    workspace.call(step.update);
  };

  const run = (workspace: Workspace, values: Values): boolean => {
    const { doubles } = workspace;
    if (!loadSymmetric(doubles, matrix, values, size)) return false;
    for (let i = size - 1; i >= 1; i--) {
      // What the blocks reach beyond v are finished rows.
      if (reflect(doubles, i)) reflectBlocks(workspace, i);
    }
    for (let i = 0; i < size; i++) diagonal[i] = doubles[start + i * (stride + 1)] ?? 0;
    return true;
  };

  const restore = (workspace: Workspace): void => {
    twoSided.forEach(({ below }, i) => {
      reflectBlocks(workspace, i);
      workspace.call(below);
    });
  };

  /** Grown from the smallest. */
  const multiplyReflections = (workspace: Workspace): void => {
    const { doubles } = workspace;
    doubles.fill(0, start, start + matrix.rows * stride);
    growth.forEach((reflect, i) => {
      if (i > 0) workspace.call(reflect);
      doubles[start + i * (stride + 1)] = 1;
    });
  };
  return { size, matrix, reflections, diagonal, offDiagonal, run, restore, multiplyReflections };
}
