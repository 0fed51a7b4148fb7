import {
  isFinitePoint,
  type LinePoint,
  type LineQuery,
  type LineSearch,
  type LineStart,
  type LineValue,
} from "./lineFunction.js";

/** The conditions and limits of {@link strongWolfe}. */
export interface WolfeSettings {
  /** c₁ of the sufficient decrease φ(t) ≤ φ(0) + c₁ t φ'(0). */
  readonly sufficientDecrease: number;
  /** c₂ of the strong curvature condition |φ'(t)| ≤ c₂ |φ'(0)|. */
  readonly curvature: number;
  /** Evaluations after the first, at most. */
  readonly maximumIterations: number;
  /**
   * The search ends when its bracket is shorter than this over ‖u‖∞: no coordinate would still move by more.
   */
  readonly smallestChange: number;
}

/** Two points with a minimiser between them, `low` the better one; or one that was accepted, as `low`. */
interface Bracket {
  readonly low: LinePoint;
  readonly high: LinePoint;
  readonly accepted: boolean;
  /** Evaluations after the first. */
  readonly iterations: number;
}

/** A part of the search: it yields steps and is resumed with what was found there. */
type SearchPart<Result> = Generator<LineQuery, Result, LineValue>;

/**
 * A step that satisfies the strong Wolfe conditions, by bracketing and zooming with cubic interpolation
 * (Nocedal & Wright 2006, Numerical Optimization, Algorithms 3.5 and 3.6) under the conventions of torch's
 * `strong_wolfe`: a bracket grows to between t + 0.01 (t − t_previous) and 10 t; a trial that comes near an
 * end of the bracket twice in a row is moved a tenth of the bracket inside; both phases share one count of
 * iterations; where they run out the better end of the bracket is the answer, unsatisfied.
 *
 * A candidate that is not finite closes the bracket like one that is too high, and the middle is tried next.
 */
export function* strongWolfe(start: LineStart, settings: WolfeSettings): LineSearch {
  const conditions = conditionsOf(start, settings);
  const bracket = yield* bracketMinimiser(start, conditions, settings);
  const { low, accepted } = yield* zoom(bracket, start.directionSize, conditions, settings);
  return { step: low.step, satisfied: accepted };
}

interface Conditions {
  /** Fails the sufficient decrease, or is not finite. */
  tooHigh(point: LinePoint): boolean;
  /** Satisfies the curvature condition. */
  flat(point: LinePoint): boolean;
}

const conditionsOf = (start: LineValue, settings: WolfeSettings): Conditions => ({
  tooHigh: (point) =>
    !isFinitePoint(point) ||
    point.value > start.value + settings.sufficientDecrease * point.step * start.slope,
  flat: (point) => Math.abs(point.slope) <= -settings.curvature * start.slope,
});

const bracketOf = (first: LinePoint, second: LinePoint, iterations: number): Bracket =>
  isFinitePoint(second) && second.value < first.value
    ? { low: second, high: first, accepted: false, iterations }
    : { low: first, high: second, accepted: false, iterations };

function* bracketMinimiser(
  start: LineStart,
  { tooHigh, flat }: Conditions,
  { maximumIterations }: WolfeSettings,
): SearchPart<Bracket> {
  const origin: LinePoint = { step: 0, value: start.value, slope: start.slope };
  let previous = origin;
  let step = start.guess;
  let trial: LinePoint = { step, ...(yield { step, kept: 0 }) };
  for (let iterations = 0; iterations < maximumIterations; iterations++) {
    if (tooHigh(trial) || (iterations > 1 && trial.value >= previous.value))
      return bracketOf(previous, trial, iterations);
    if (flat(trial)) return { low: trial, high: trial, accepted: true, iterations };
    if (trial.slope >= 0) return bracketOf(previous, trial, iterations);
    step = cubicMinimiser(previous, trial, trial.step + 0.01 * (trial.step - previous.step), trial.step * 10);
    previous = trial;
    trial = { step, ...(yield { step, kept: previous.step }) };
  }
  return bracketOf(origin, trial, maximumIterations);
}

function* zoom(
  bracket: Bracket,
  directionSize: number,
  { tooHigh, flat }: Conditions,
  { maximumIterations, smallestChange }: WolfeSettings,
): SearchPart<Bracket> {
  let { low, high, accepted, iterations } = bracket;
  let nearEnd = false;
  while (!accepted && iterations < maximumIterations) {
    if (Math.abs(high.step - low.step) * directionSize < smallestChange) break;
    const left = Math.min(low.step, high.step);
    const right = Math.max(low.step, high.step);
    let step = cubicMinimiser(low, high, left, right);
    const margin = 0.1 * (right - left);
    if (Math.min(right - step, step - left) < margin) {
      const inside = right - step < step - left ? right - margin : left + margin;
      const move: boolean = nearEnd || step >= right || step <= left;
      if (move) step = inside;
      nearEnd = !move;
    } else nearEnd = false;

    const trial: LinePoint = { step, ...(yield { step, kept: low.step }) };
    iterations++;
    if (tooHigh(trial) || trial.value >= low.value) {
      ({ low, high } = bracketOf(low, trial, iterations));
    } else {
      accepted = flat(trial);
      if (!accepted && trial.slope * (high.step - low.step) >= 0) high = low;
      low = trial;
    }
  }
  return { low, high, accepted, iterations };
}

/**
 * The minimiser of the cubic with the values and slopes of two points, inside [lower, upper]; the middle
 * where there is none or a point is not finite (Nocedal & Wright 2006, equation 3.59).
 */
function cubicMinimiser(a: LinePoint, b: LinePoint, lower: number, upper: number): number {
  const [left, right] = a.step <= b.step ? [a, b] : [b, a];
  const d1 = left.slope + right.slope - (3 * (left.value - right.value)) / (left.step - right.step);
  const discriminant = d1 * d1 - left.slope * right.slope;
  if (discriminant >= 0) {
    const d2 = Math.sqrt(discriminant);
    const minimiser =
      right.step - (right.step - left.step) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
    if (!Number.isNaN(minimiser)) return Math.min(Math.max(minimiser, lower), upper);
  }
  return (lower + upper) / 2;
}
