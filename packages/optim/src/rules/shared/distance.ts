import { type Expression, max, min, mul, type Operand, select } from "../../language/expression.js";
import { growth, positive } from "../../language/hyper.js";
import type { ArgumentMapping } from "../../language/rule.js";

/**
 * Hyper-parameters of rules that estimate the distance d from the start to the solution, and step in
 * proportion to it.
 */
export const distanceHyper = {
  d0: positive(1e-6, "d_0", "first estimate of the distance to the solution; it only grows"),
  growthRate: growth(0, "\\gamma", "the estimate grows by at most this factor a step; 0 for no limit"),
} as const;

/** Their names in the authors' code. */
export const distanceArguments = {
  d0: "d0",
  growth_rate: { name: "growthRate", unlimited: 0 },
  log_every: { only: 0, otherwise: "Read the estimate from the optimizer's state" },
  fsdp_in_use: { only: false, otherwise: "Parameters are in one memory here" },
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

/** The largest estimate that may follow d. */
export const growthLimit = (d: Operand, growthRate: Operand): Expression =>
  select(growthRate, "equal", 0, Number.POSITIVE_INFINITY, mul(d, growthRate));

/** The next estimate of D-Adaptation: it never falls, and grows no faster than the limit. */
export const grown = (
  { d, growthRate }: Readonly<Record<"d" | "growthRate", Expression>>,
  estimate: Expression,
): Expression => max(d, min(estimate, growthLimit(d, growthRate)));
