import { shapeError } from "../errors/errors.js";
import { elementCount, type Shape, stridesOf } from "./shape.js";

/**
 * The shape that tensors broadcast to, by NumPy's rule: aligned at the last dimension, extents must be equal
 * or 1. An extent 1 against 0 gives 0.
 *
 * @throws GraphError `shape-mismatch` naming the operator and the shapes
 */
export function broadcastShapes(operator: string, inputs: readonly { readonly shape: Shape }[]): Shape {
  const rank = Math.max(0, ...inputs.map((input) => input.shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result = 1;
    for (const { shape } of inputs) {
      const extent = shape[axis - rank + shape.length] ?? 1;
      if (extent === 1 || extent === result) continue;
      if (result !== 1) {
        throw shapeError(
          operator,
          inputs,
          "the shapes must be equal or broadcast (aligned at the last dimension, extents equal or 1)",
          `Extents ${result} and ${extent} differ: reshape or transpose one of the tensors`,
        );
      }
      result = extent;
    }
    return result;
  });
}

/**
 * For every element of `target` in row-major order, the offset of the element of a tensor of shape `shape`
 * that broadcasts to it.
 */
export function broadcastOffsets(shape: Shape, target: Shape): Int32Array {
  const missing = target.length - shape.length;
  const strides = stridesOf(shape);
  const steps = target.map((_, axis) => (shape[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0)));
  return stridedOffsets(target, steps);
}

/** Offsets that a walk over `shape` in row-major order visits, with the given step along each dimension. */
export function stridedOffsets(shape: Shape, steps: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      offset += steps[axis] ?? 0;
      if (next < (shape[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      offset -= next * (steps[axis] ?? 0);
    }
  }
  return offsets;
}

/** A function of one number of each input, applied element by element to inputs broadcast to `target`. */
export function mapBroadcast(
  inputs: readonly { readonly data: Float64Array; readonly shape: Shape }[],
  target: Shape,
  f: (...values: number[]) => number,
): Float64Array {
  const offsets = inputs.map((input) => broadcastOffsets(input.shape, target));
  const values = new Array<number>(inputs.length);
  return Float64Array.from({ length: elementCount(target) }, (_, i) => {
    inputs.forEach((input, k) => {
      values[k] = input.data[offsets[k]?.[i] ?? 0] ?? Number.NaN;
    });
    return f(...values);
  });
}
