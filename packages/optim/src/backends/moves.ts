import type { BackendMemory, Values } from "./backend.js";

/**
 * to[Σ iₐ·toStrideₐ] = from[Σ iₐ·fromStrideₐ] over all indices i below the sizes: a copy in another layout,
 * or of one value to many places where a stride of `from` is 0. With `add` it adds instead: sums along the
 * axes where a stride of `to` is 0. The arrays share no elements.
 */
export interface Move {
  readonly from: Values;
  readonly to: Values;
  readonly sizes: readonly number[];
  /** In elements. */
  readonly fromStrides: readonly number[];
  readonly toStrides: readonly number[];
  readonly add?: boolean;
}

/** Runs moves one after the other; allocates nothing. */
export type Moves = () => void;

/**
 * How moves are bound to a memory; `descriptor` is the address of `descriptorBytes` that all of them use in
 * turn.
 */
export type BindMoves = (memory: BackendMemory, descriptor: number, moves: readonly Move[]) => Moves;

/** Bytes of the descriptor of the move under way. */
export const moveDescriptorBytes = 64;

/** Strides of an array without gaps, the last axis varying fastest. */
export function rowMajor(shape: readonly number[]): readonly number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

/** The readable meaning of moves. */
export const referenceMoves: BindMoves = (_memory, _descriptor, moves) => () => {
  for (const move of moves) moveAlong(move, 0, 0, 0);
};

function moveAlong(move: Move, axis: number, source: number, target: number): void {
  const { from, to, sizes, fromStrides, toStrides, add = false } = move;
  const size = sizes[axis];
  if (size === undefined) {
    to[target] = (add ? (to[target] ?? Number.NaN) : 0) + (from[source] ?? Number.NaN);
    return;
  }
  for (let i = 0; i < size; i++)
    moveAlong(move, axis + 1, source + i * (fromStrides[axis] ?? 0), target + i * (toStrides[axis] ?? 0));
}
