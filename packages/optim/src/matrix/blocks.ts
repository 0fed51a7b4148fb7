import type { Values } from "../backends/backend.js";
import { elementCount } from "../parameter.js";

/** A part of a tensor of at most a certain size along each axis, and where its rows lie in the tensor. */
export interface Block {
  readonly shape: readonly number[];
  /** Where the runs of neighbouring elements begin in the tensor, in the block's own order. */
  readonly runs: readonly number[];
  /** Elements of a run: the block's size along the last axis. */
  readonly runLength: number;
}

/**
 * The shape with neighbouring axes merged, from the right, while their product is at most `largest` and more than `fewest` axes are left. Axes of
 * size 1 vanish unless that would leave fewer; a scalar becomes a vector.
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
  const pieces = shape.map((size) =>
    Array.from({ length: Math.ceil(size / largest) }, (_, index) => ({
      start: index * largest,
      size: Math.min(largest, size - index * largest),
    })),
  );
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  return combinations(pieces).map((parts) => {
    const starts = parts
      .slice(0, -1)
      .map(({ start, size }, axis) =>
        Array.from({ length: size }, (_, index) => (start + index) * (strides[axis] ?? 1)),
      );
    const last = parts.at(-1) ?? { start: 0, size: 1 };
    return {
      shape: parts.map(({ size }) => size),
      runs: combinations(starts).map((offsets) => offsets.reduce((sum, offset) => sum + offset, last.start)),
      runLength: last.size,
    };
  });
}

/** Every choice of one of each, the last varying fastest. */
const combinations = <Item>(choices: readonly (readonly Item[])[]): readonly (readonly Item[])[] =>
  choices.reduce<readonly (readonly Item[])[]>(
    (chosen, items) => chosen.flatMap((before) => items.map((item) => [...before, item])),
    [[]],
  );

/** Where a block begins in its tensor, if its elements lie there one after the other. */
export function contiguousStart({ shape, runs, runLength }: Block): number | undefined {
  const [start = 0] = runs;
  const isContiguous = runs.every((run, index) => run === start + index * runLength);
  return isContiguous && runs.length * runLength === elementCount(shape) ? start : undefined;
}

/** Copies a block out of its tensor. */
export function gather({ runs, runLength }: Block, tensor: Values, into: Values): void {
  let place = 0;
  for (const start of runs) for (let i = start; i < start + runLength; i++) into[place++] = tensor[i] ?? 0;
}

/** Adds a multiple of a block to its place in the tensor, of which `keep` is kept there. */
export function addBlock(
  { runs, runLength }: Block,
  block: Values,
  factor: number,
  tensor: Values,
  keep = 1,
): void {
  let place = 0;
  for (const start of runs)
    for (let i = start; i < start + runLength; i++)
      tensor[i] = keep * (tensor[i] ?? 0) + factor * (block[place++] ?? 0);
}

/** The Euclidean norm of a block's elements in its tensor. */
export function blockNorm({ runs, runLength }: Block, tensor: Values): number {
  let squares = 0;
  for (const start of runs) for (let i = start; i < start + runLength; i++) squares += (tensor[i] ?? 0) ** 2;
  return Math.sqrt(squares);
}

/** The Euclidean norm. */
export function norm(values: Values): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
