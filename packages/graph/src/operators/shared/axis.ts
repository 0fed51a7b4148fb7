/** Settings of functions along one axis. */
export interface AxisOptions {
  /** Negative axes count from the end. */
  readonly axis?: number;
}

/** The axis of an operator along one axis, counted from the front. */
export type AxisAttributes = { readonly axis: number };
