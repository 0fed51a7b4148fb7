import { rowMajor } from "../backends/moves.js";
import { elementCount } from "../parameter.js";

/** How a tensor's squares are kept by their means along two of its axes. */
export interface Factoring {
  readonly rows: number;
  readonly columns: number;
  /** Matrices of the two axes in the tensor. */
  readonly slices: number;
  /** By the tensor's axes, where the mean along the row of an element lies in an array [slices, rows]. */
  readonly rowStrides: readonly number[];
  /** The same of the mean along its column, in an array [slices, columns]. */
  readonly columnStrides: readonly number[];
}

/**
 * The factoring of a tensor along its last two or its two largest axes; none for vectors, and where the
 * smaller of the two axes is shorter than `minimum`.
 */
export function factoring(
  shape: readonly number[],
  axes: "lastTwo" | "largestTwo" | "none",
  minimum: number,
): Factoring | undefined {
  if (axes === "none" || shape.length < 2) return undefined;
  const order = shape.map((_, axis) => axis);
  if (axes === "largestTwo") order.sort((a, b) => (shape[a] ?? 0) - (shape[b] ?? 0) || a - b);
  const [rowAxis = 0, columnAxis = 0] = order.slice(-2);
  const [rows = 0, columns = 0] = [shape[rowAxis], shape[columnAxis]];
  if (Math.min(rows, columns) < minimum) return undefined;
  const isKept = (axis: number) => axis === rowAxis || axis === columnAxis;
  const sliceShape = shape.map((size, axis) => (isKept(axis) ? 1 : size));
  const sliceStrides = rowMajor(sliceShape).map((stride, axis) => (isKept(axis) ? 0 : stride));
  const stridesOf = (kept: number, size: number) =>
    sliceStrides.map((stride, axis) => (axis === kept ? 1 : stride * size));
  return {
    ...{ rows, columns, slices: elementCount(sliceShape) },
    ...{ rowStrides: stridesOf(rowAxis, rows), columnStrides: stridesOf(columnAxis, columns) },
  };
}
