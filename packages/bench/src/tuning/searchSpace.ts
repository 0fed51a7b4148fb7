import { SteepestError } from "@steepest/optim";
import { haltonPoints } from "./halton.js";
import { sobolPoints } from "./sobol.js";

/** The values among which one hyper-parameter is sought, in the form of AlgoPerf's search spaces. */
export type SearchRange =
  | { readonly scaling: "linear" | "log"; readonly min: number; readonly max: number }
  | { readonly feasiblePoints: readonly number[] };

/**
 * Hyper-parameter name -> its range. The order of the names fixes which coordinate of the sequence each one
 * gets.
 */
export type SearchSpace = Readonly<Record<string, SearchRange>>;

/** A point of a search space: hyper-parameter name -> value. */
export type SearchPoint = Readonly<Record<string, number>>;

function checkRange(name: string, range: SearchRange): void {
  const refuse = (found: string, fix: string): never => {
    throw new SteepestError("invalid-value", `search range of ${name}: ${found}`, fix);
  };
  if ("feasiblePoints" in range) {
    if (range.feasiblePoints.length === 0) refuse("no feasible points", "List at least one value");
    return;
  }
  const { min, max, scaling } = range;
  if (!(Number.isFinite(min) && Number.isFinite(max) && min <= max)) {
    refuse(`expected finite min <= max, found ${min} and ${max}`, "Swap or correct the bounds");
  }
  if (scaling === "log" && !(min > 0)) {
    refuse(`a logarithmic range needs min > 0, found ${min}`, "Use a positive min, or linear scaling");
  }
}

/**
 * A coordinate u in [0, 1) mapped into a range: log min·exp(u·ln(max/min)), linear min + u·(max − min),
 * feasible points by ⌊u·count⌋.
 */
export function scaleToRange(u: number, range: SearchRange): number {
  if ("feasiblePoints" in range) {
    return range.feasiblePoints[Math.floor(u * range.feasiblePoints.length)] ?? Number.NaN;
  }
  return range.scaling === "log"
    ? range.min * Math.exp(u * Math.log(range.max / range.min))
    : u * (range.max - range.min) + range.min;
}

/**
 * Checks what may come from a user's module.
 * @throws SteepestError `invalid-value` for a range that is none, is empty or reversed, or logarithmic and
 *   not positive
 */
export function checkSpace(space: Readonly<Record<string, unknown>>): asserts space is SearchSpace {
  for (const [name, range] of Object.entries(space)) {
    if (!isRange(range))
      throw new SteepestError(
        "invalid-value",
        `search range of ${name} is ${JSON.stringify(range)}`,
        'Give { scaling: "log" | "linear", min, max } or { feasiblePoints: [numbers] }',
      );
    checkRange(name, range);
  }
}

function isRange(value: unknown): value is SearchRange {
  if (typeof value !== "object" || value === null) return false;
  if ("feasiblePoints" in value)
    return (
      Array.isArray(value.feasiblePoints) &&
      value.feasiblePoints.every((point: unknown) => typeof point === "number")
    );
  return (
    "scaling" in value &&
    (value.scaling === "linear" || value.scaling === "log") &&
    "min" in value &&
    typeof value.min === "number" &&
    "max" in value &&
    typeof value.max === "number"
  );
}

/** Quasi-random sequences by name: their first `count` points in so many dimensions. */
const sequences = { halton: haltonPoints, sobol: sobolPoints } as const;

/** The name of a quasi-random sequence: `halton` as AlgoPerf's generator has it, or `sobol`. */
export type SequenceName = keyof typeof sequences;

/**
 * The first `count` quasi-random points of a search space. An empty space gives `count` empty points.
 *
 * @throws SteepestError when a range is empty, reversed, or logarithmic and not positive.
 */
export function quasiRandomSearch(
  space: SearchSpace,
  count: number,
  sequence: SequenceName = "halton",
): readonly SearchPoint[] {
  const ranges = Object.entries(space);
  for (const [name, range] of ranges) checkRange(name, range);
  if (ranges.length === 0) return Array.from({ length: count }, () => ({}));
  return sequences[sequence](count, ranges.length).map((point) =>
    Object.fromEntries(ranges.map(([name, range], i) => [name, scaleToRange(point[i] ?? 0, range)])),
  );
}
