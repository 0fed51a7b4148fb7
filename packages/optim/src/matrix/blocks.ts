import type { Values } from "../backends/backend.js";
import { type Move, rowMajor } from "../backends/moves.js";

/** A part of a tensor of at most a certain size along each axis, and where it lies in the tensor. */
export interface Block {
  readonly shape: readonly number[];
  /** Where its first element lies in the tensor. */
  readonly start: number;
  /** Between neighbours along each axis, in elements of the tensor. */
  readonly strides: readonly number[];
}

/**
 * The shape with neighbouring axes merged, from the right, while their product is at most `largest` and more
 * than `fewest` axes are left. Axes of size 1 vanish unless that would leave fewer; a scalar becomes a
 * vector.
 */
export function mergeAxes(shape: readonly number[], largest: number, fewest: number): readonly number[] {
  const long = shape.filter((size) => size !== 1);
  const axes = long.length >= fewest ? long : shape;
  const merged: number[] = [];
  for (const [index, size] of axes.toReversed().entries()) {
    const first = merged[0];
    const unmerged = axes.length - index + merged.length;
    if (first !== undefined && first * size <= largest && unmerged > fewest) merged[0] = first * size;
    else merged.unshift(size);
  }
  return merged.length === 0 ? [1] : merged;
}

/** Splits a tensor into blocks of at most `largest` along each axis, row after row of blocks. */
export function splitIntoBlocks(shape: readonly number[], largest: number): readonly Block[] {
  const strides = rowMajor(shape);
  const pieces = shape.map((size, axis) =>
    Array.from({ length: Math.ceil(size / largest) }, (_, index) => ({
      start: index * largest * (strides[axis] ?? 1),
      size: Math.min(largest, size - index * largest),
    })),
  );
  return combinations(pieces).map((parts) => ({
    shape: parts.map(({ size }) => size),
    start: parts.reduce((sum, { start }) => sum + start, 0),
    strides,
  }));
}

/** Every choice of one of each, the last varying fastest. */
const combinations = <Item>(choices: readonly (readonly Item[])[]): readonly (readonly Item[])[] =>
  choices.reduce<readonly (readonly Item[])[]>(
    (chosen, items) => chosen.flatMap((before) => items.map((item) => [...before, item])),
    [[]],
  );

/** Whether a block's elements lie in its tensor one after the other. */
export function isContiguous({ shape, strides }: Block): boolean {
  const own = rowMajor(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === own[axis]);
}

/** Copies a block out of its tensor. */
export const gather = ({ shape, start, strides }: Block, tensor: Values, into: Values): Move => ({
  ...{ from: tensor.subarray(start), to: into, sizes: shape },
  ...{ fromStrides: strides, toStrides: rowMajor(shape) },
});

/** Copies a block to its place in the tensor. */
export const scatter = ({ shape, start, strides }: Block, block: Values, tensor: Values): Move => ({
  ...{ from: block, to: tensor.subarray(start), sizes: shape },
  ...{ fromStrides: rowMajor(shape), toStrides: strides },
});
