/** Arbitrary inputs of operators, for properties. */
import fc from "fast-check";
import { broadcastShapes } from "../src/tensor/broadcast.js";
import { elementCount, type Shape } from "../src/tensor/shape.js";
import { type DType, input, type Tensor, type TensorType } from "../src/tensor/tensor.js";

/** A tensor to feed. */
export interface DrawnInput extends TensorType {
  readonly values: Float64Array;
}

/** Inputs, and what is made of them. */
export interface OperatorCase {
  readonly inputs: readonly DrawnInput[];
  readonly build: (tensors: readonly Tensor[]) => Tensor | readonly Tensor[];
}

/** The case's inputs as symbolic tensors x0, x1 ..., its outputs, and the feeds by name. */
export function graphOf({ inputs, build }: OperatorCase) {
  const tensors = inputs.map(({ shape, dtype }, i) => input(`x${i}`, shape, dtype));
  const built = build(tensors);
  const outputs: readonly Tensor[] = "source" in built ? [built] : built;
  const feeds: Record<string, Float64Array> = {};
  inputs.forEach(({ values }, i) => {
    feeds[`x${i}`] = values;
  });
  return { tensors, outputs, feeds };
}

/** Small extents; 0 now and then. */
export const anyExtent = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) },
);

export const shapeOfRank = (minLength: number, maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(anyExtent, { minLength, maxLength });

export const anyShape = shapeOfRank(0, 3);

export const nonEmptyShape = (minLength: number, maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength, maxLength });

/** Shapes that broadcast together: dimensions of a common shape left out at the front or made 1. */
export function broadcastable(count: number): fc.Arbitrary<readonly (readonly number[])[]> {
  return anyShape.chain((target) => {
    const one = fc
      .tuple(
        fc.nat(target.length),
        fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length }),
      )
      .map(([missing, ones]) => target.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(missing));
    return fc.array(one, { minLength: count, maxLength: count });
  });
}

/** A shape that broadcasts to `target`, and is what sums over the other dimensions give. */
export const smallerShape = (target: Shape): fc.Arbitrary<readonly number[]> =>
  fc
    .tuple(
      fc.nat(target.length),
      fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length }),
    )
    .map(([missing, ones]) => target.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(missing))
    .filter((shape) => String(broadcastShapes("test", [{ shape }, { shape: target }])) === String(target));

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Numbers on both sides of zero. */
const signed: Range = { low: -2, high: 2 };
export const positive: Range = { low: 0.5, high: 2.5 };

/** Different inputs of a case use different phases of one grid, so that their numbers never meet. */
const phases = [0.31, 0.62, 0.87];

/**
 * float32 numbers different from each other, from zero, and from those of inputs with another `phase`: away
 * from the kinks of all operators, where finite differences would not hold.
 */
export function floats(shape: Shape, phase = 0, { low, high }: Range = signed): fc.Arbitrary<DrawnInput> {
  const count = elementCount(shape);
  const ranks = Array.from({ length: count }, (_, i) => i);
  const offset = phases[phase % phases.length] ?? 0.5;
  return fc.shuffledSubarray(ranks, { minLength: count, maxLength: count }).map((order) => ({
    shape,
    dtype: "float32",
    values: Float64Array.from(order, (rank) => Math.fround(low + ((high - low) * (rank + offset)) / count)),
  }));
}

/** Whole numbers from `min` to `max`. */
export function integers(shape: Shape, dtype: DType, min: number, max: number): fc.Arbitrary<DrawnInput> {
  const count = elementCount(shape);
  return fc
    .array(fc.integer({ min, max }), { minLength: count, maxLength: count })
    .map((values) => ({ shape, dtype, values: Float64Array.from(values) }));
}
