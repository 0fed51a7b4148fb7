/**
 * The objective f and its slope along a ray: φ(t) = f(x + t·u) and φ'(t) = ⟨∇f(x + t·u), u⟩. Either may come
 * out infinite or NaN.
 */
export interface LineValue {
  readonly value: number;
  readonly slope: number;
}

/** A {@link LineValue} and where it was taken. */
export interface LinePoint extends LineValue {
  readonly step: number;
}

/** What a search knows of the ray before it begins. */
export interface LineStart extends LineValue {
  /** The first step to try. */
  readonly guess: number;
  /** ‖u‖∞ of the direction. */
  readonly directionSize: number;
}

/** Where a line search ended. */
export interface LineSearchResult {
  /** The step t to take; 0 where no candidate could be accepted. */
  readonly step: number;
  /** The step satisfies the search's conditions. */
  readonly satisfied: boolean;
}

/** A step that a search wants evaluated. */
export interface LineQuery {
  readonly step: number;
  /**
   * A step evaluated before, or 0, that may still be the answer: the answer is always this one of the last
   * query, the last step evaluated, or 0. So whoever needs the gradient of the answer keeps one beside the
   * last.
   */
  readonly kept: number;
}

/**
 * A search under way: it yields the step that it wants evaluated and is resumed with what was found there, so
 * that the same search runs on synchronous and on asynchronous objectives.
 */
export type LineSearch = Generator<LineQuery, LineSearchResult, LineValue>;

/**
 * Whether value and slope are both finite. A point where they are not is a failed candidate, never an answer.
 */
export const isFinitePoint = ({ value, slope }: LineValue): boolean =>
  Number.isFinite(value) && Number.isFinite(slope);
