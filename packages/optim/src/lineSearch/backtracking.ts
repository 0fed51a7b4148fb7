import { isFinitePoint, type LineSearch, type LineStart } from "./lineFunction.js";

/** The conditions and limits of {@link backtrack}. */
export interface BacktrackingSettings {
  /** Armijo's c₁: the decrease asked for is c₁ · t · |φ'(0)|. */
  readonly sufficientDecrease: number;
  /** A rejected step is multiplied by it. */
  readonly decrease: number;
  /** How often a step is shortened at most: one candidate more is tried. */
  readonly maximumBacktracks: number;
  /** The bound is (1 + relativeTolerance) φ(0) + ... + absoluteTolerance. */
  readonly relativeTolerance: number;
  readonly absoluteTolerance: number;
}

/**
 * Backtracking: the first of t₀, βt₀, β²t₀, ... with φ(t) ≤ (1 + rtol) φ(0) + c₁ t φ'(0) + atol, where t₀ is
 * `start.guess` (Armijo 1966, https://doi.org/10.2140/pjm.1966.16.1).
 *
 * As in optax's `scale_by_backtracking_linesearch`, where all candidates fail the last is taken all the same,
 * unsatisfied. Only where that one is not finite is the step 0.
 */
export function* backtrack(start: LineStart, settings: BacktrackingSettings): LineSearch {
  const { sufficientDecrease, decrease, maximumBacktracks, relativeTolerance, absoluteTolerance } = settings;
  let step = start.guess;
  for (let backtracks = 0; ; backtracks++) {
    const candidate = yield { step, kept: 0 };
    const finite = isFinitePoint(candidate);
    const bound =
      (1 + relativeTolerance) * start.value + sufficientDecrease * step * start.slope + absoluteTolerance;
    if (finite && candidate.value <= bound) return { step, satisfied: true };
    if (backtracks >= maximumBacktracks) return { step: finite ? step : 0, satisfied: false };
    step *= decrease;
  }
}
