import { elementCount } from "../src/tensor/shape.js";
import type { Tensor } from "../src/tensor/tensor.js";

/** Numbers between -1 and 1 without a pattern that could hide an error, the same at every run. */
export function wave(count: number, phase = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * phase));
}

/** The largest difference between two arrays, relative to the largest magnitude (at least 1). */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let scale = 1;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    if (Number.isNaN(a) !== Number.isNaN(e)) return Number.POSITIVE_INFINITY;
    if (a !== e && !Number.isNaN(e)) error = Math.max(error, Math.abs(a - e));
    if (Number.isFinite(e)) scale = Math.max(scale, Math.abs(e));
  }
  return error / scale;
}

/** Arrays that a session can fill, one per float32 tensor. */
export function fetchesFor<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries<Tensor>(outputs).map(([name, { shape }]) => [name, new Float32Array(elementCount(shape))]),
  );
}
