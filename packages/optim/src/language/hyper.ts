import { SteepestError } from "../errors.js";
import { type NumberRange, ranges } from "./range.js";
import type { HyperKind, HyperSpec, OptionSpec } from "./rule.js";

const hyper =
  (kind: HyperKind) =>
  (defaultValue: number, symbol: string, description: string): HyperSpec => ({
    default: defaultValue,
    kind,
    symbol,
    description,
  });

/** A step size: finite and >= 0. A hyper-parameter named `lr` is what schedules multiply. */
export const stepSize = (defaultValue: number, symbol = "\\alpha", description = "step size"): HyperSpec =>
  hyper("stepSize")(defaultValue, symbol, description);
/** A decay rate β of a moving average: 0 <= β < 1. */
export const decayRate = hyper("decayRate");
/** A part of a whole: 0 <= β <= 1. */
export const fraction = hyper("fraction");
/** Any finite number >= 0. */
export const nonNegative = hyper("nonNegative");
/** A finite number > 0. */
export const positive = hyper("positive");
/** An integer >= 1. */
export const count = hyper("count");
/** The largest factor by which a value may grow in a step: >= 1, or 0 for no limit. */
export const growth = hyper("growth");
/** Any finite number. */
export const real = hyper("real");

/** An option that is on or off. */
export const flag = (defaultValue: boolean, description: string) =>
  ({ default: defaultValue, values: [false, true], description }) as const satisfies OptionSpec;

/** An option with named values; the first is the default. */
export const choice = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
): { readonly default: Values[number]; readonly values: Values; readonly description: string } => ({
  default: values[0],
  values,
  description,
});

const requirements: Readonly<Record<HyperKind, NumberRange>> = {
  ...ranges,
  stepSize: { ...ranges.nonNegative, expected: "a finite step size >= 0" },
  decayRate: { expected: "a decay rate in [0, 1)", accepts: (value) => value >= 0 && value < 1 },
  growth: {
    expected: "0 (no limit) or a finite factor >= 1",
    accepts: (value) => value === 0 || (Number.isFinite(value) && value >= 1),
  },
};

/**
 * @throws SteepestError `invalid-value` where the value is not of the hyper-parameter's kind. `owner` names
 * the rule.
 */
export function checkHyper(owner: string, name: string, spec: HyperSpec, value: number): void {
  const { expected, accepts } = requirements[spec.kind];
  if (typeof value !== "number" || !accepts(value)) {
    throw new SteepestError(
      "invalid-value",
      `${owner}: ${name} (${spec.description}) must be ${expected}, found ${String(value)}`,
      `Leave it out for the default ${spec.default}, or give ${expected}`,
    );
  }
}
