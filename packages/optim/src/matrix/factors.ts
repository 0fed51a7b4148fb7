import { elementCount } from "../parameter.js";

/** How a tensor's squares are kept by their means along two of its axes: an element is slices[s] + i·rowStride + j·columnStride. */
export interface Factoring {
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** Where each matrix of the two axes begins. */
  readonly slices: Int32Array;
}

/**
 * The factoring of a tensor along its last two or its two largest axes; none for vectors, and where the smaller of the two axes is shorter
 * than `minimum`.
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
  const stride = (axis: number): number => elementCount(shape.slice(axis + 1));
  const others = shape.map((_, axis) => axis).filter((axis) => axis !== rowAxis && axis !== columnAxis);
  const slices = new Int32Array(elementCount(others.map((axis) => shape[axis] ?? 0)));
  for (let slice = 0; slice < slices.length; slice++) {
    let rest = slice;
    for (const axis of others.toReversed()) {
      const length = shape[axis] ?? 1;
      slices[slice] = (slices[slice] ?? 0) + (rest % length) * stride(axis);
      rest = Math.floor(rest / length);
    }
  }
  return { rows, columns, rowStride: stride(rowAxis), columnStride: stride(columnAxis), slices };
}
