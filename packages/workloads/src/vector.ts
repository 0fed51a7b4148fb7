/** A point or a gradient to read: plain numbers or a view of an optimizer's memory. */
export type Vector = ArrayLike<number>;

/** A point or a gradient to write. */
export interface MutableVector {
  readonly length: number;
  [index: number]: number;
}

/** x[i], which the caller knows to exist. */
export const at = (x: Vector, i: number): number => x[i] ?? Number.NaN;
