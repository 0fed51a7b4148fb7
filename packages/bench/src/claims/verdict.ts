import { type Interval, ratioInterval, studentInterval } from "../statistics/intervals.js";
import type { Criterion } from "./claim.js";

/** Values of a quantity: on one side of a threshold, or between two. */
export type Range =
  | { readonly above: number }
  | { readonly below: number }
  | { readonly between: readonly [number, number] };

/** What an experiment says about a claim. */
export type VerdictKind = "holds" | "does not hold" | "inconclusive";

/** One quantity that a claim is decided by, as it was measured. */
export interface Effect extends Pick<Interval, "estimate" | "low" | "high" | "level" | "method"> {
  readonly quantity: string;
  readonly holds: Range;
  /** What this quantity alone says. */
  readonly kind: VerdictKind;
}

/** What an experiment says about a claim, and why. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly effects: readonly Effect[];
}

/** The smallest and the largest value of a range. */
export function endsOf(range: Range): readonly [number, number] {
  if ("above" in range) return [range.above, Number.POSITIVE_INFINITY];
  if ("below" in range) return [Number.NEGATIVE_INFINITY, range.below];
  return range.between;
}

/** `holds` where the whole interval is inside the range, `does not hold` where all of it is outside. */
function kindOf({ low, high }: { low: number; high: number }, range: Range): VerdictKind {
  const [from, to] = endsOf(range);
  if (low > from && high < to) return "holds";
  if (high <= from || low >= to) return "does not hold";
  return "inconclusive";
}

/** The effect of one criterion from a value for each seed. A value that is not finite leaves it open. */
export function effectOf({ quantity, holds, scale }: Criterion, values: readonly number[]): Effect {
  const interval = scale === "log" ? ratioInterval(values) : studentInterval(values);
  return { quantity, holds, ...interval, kind: kindOf(interval, holds) };
}

/** A claim holds where every effect does, and does not where any effect does not. */
export function verdictOf(effects: readonly Effect[]): Verdict {
  const kinds = new Set(effects.map(({ kind }) => kind));
  const kind = kinds.has("does not hold")
    ? "does not hold"
    : kinds.has("inconclusive")
      ? "inconclusive"
      : "holds";
  return { kind, effects };
}
