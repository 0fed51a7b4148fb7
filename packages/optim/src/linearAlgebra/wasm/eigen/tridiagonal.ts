import type { Values } from "../../../backends/backend.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { blockRows, type DoubleRows, doubleBytes, loadSymmetric, takeDoubleRows } from "./layout.js";

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
  const beside = layout.take(size * doubleBytes);
  const reduce = call("tridiagonalise", [
    ...[matrix.address, reflections.address, image, beside],
    ...[size, rowBytes],
  ]);
  const reflectBack = call("restore", [matrix.address, reflections.address, image, size, rowBytes]);
  const growth = Array.from({ length: size }, (_, i) => {
    const blocks = Math.ceil(i / blockRows);
    return call("reflectRows", [matrix.address, reflection(i), blocks, blocks, rowBytes]);
  });
  const { stride } = matrix;
  const start = matrix.address / doubleBytes;

  const run = (workspace: Workspace, values: Values): boolean => {
    const { doubles } = workspace;
    if (!loadSymmetric(doubles, matrix, values, size)) return false;
    workspace.call(reduce);
    for (let i = 0; i < size; i++) diagonal[i] = doubles[start + i * (stride + 1)] ?? 0;
    const first = beside / doubleBytes;
    for (let i = 0; i < size - 1; i++) offDiagonal[i] = doubles[first + i] ?? 0;
    return true;
  };

  const restore = (workspace: Workspace): void => {
    workspace.call(reflectBack);
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
