import { add, div, type Expression, max, min, mul, pow, select, sub } from "../../language/expression.js";
import { choice, fraction, nonNegative } from "../../language/hyper.js";
import type { ArgumentMapping, Citation } from "../../language/rule.js";

/*
 * Schedule-Free methods step with a sequence z, average it to x̄, and take gradients at y = (1−β)z + βx̄,
 * which is what the parameters are while training. One of z and x̄ is kept beside y; the other is found from
 * the two. One evaluates at x̄.
 */

export const scheduleFreeCitation: Citation = {
  authors: "Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky",
  year: 2024,
  title: "The Road Less Scheduled",
  url: "https://arxiv.org/abs/2405.15682",
};

/** Where between z (0) and their average (1) gradients are taken. */
export const interpolation = fraction(
  0.9,
  "\\beta",
  "gradients are taken at (1−β)z + βx̄: 0 is Polyak–Ruppert averaging, 1 primal averaging",
);

/** A step size that rises over the first steps. */
export const warmupHyper = {
  warmupSteps: nonNegative(0, "W", "the step size rises in proportion to k for this many steps"),
} as const;

/** How the average of z weighs its steps. */
export const averagingHyper = {
  r: nonNegative(0, "r", "step k weighs kʳ in the average"),
  weightLrPower: nonNegative(2, "p", "times the largest step size so far to this power"),
} as const;

export const keptOption = choice(
  ["z", "average"],
  "which sequence is kept beside the parameters: z (the authors', β > 0), or the average (β < 1)",
);
type Kept = (typeof keptOption.values)[number];

/** The sequence that is not kept must follow from the other and the parameters. */
export const keptConflict = (beta: number, kept: Kept): string | undefined => {
  if (kept === "z") return beta > 0 ? undefined : "beta > 0 with kept=z, or kept=average with beta = 0";
  return beta < 1 ? undefined : "beta < 1 with kept=average, or kept=z with beta = 1";
};

/** The slot that holds the kept sequence, which begins at the parameters. */
export const keptSlot = (kept: Kept) => ({
  z: kept === "z" ? 0 : undefined,
  average: kept === "average" ? 0 : undefined,
});
export const beginKept =
  (kept: Kept) =>
  ({ x }: Readonly<Record<"x", Expression>>): Readonly<Partial<Record<Kept, Expression>>> =>
    kept === "z" ? { z: x } : { average: x };

export const scheduleFreeSymbols = {
  ...{ average: "\\bar x", rate: "\\alpha_k", largest: "\\alpha_m", lrMax: "\\alpha_{\\max}" },
  ...{ weight: "w", weights: "\\omega", share: "c" },
} as const;

/** The authors' argument names, but those of momentum and of Adam. */
export const scheduleFreeArguments = {
  lr: "lr",
  weight_decay: "weightDecay",
  warmup_steps: "warmupSteps",
  r: "r",
  weight_lr_power: "weightLrPower",
  foreach: { values: { false: {}, true: {} } },
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

type Sequences = Readonly<Record<"x" | "z" | "average" | "beta", Expression>>;

/** The average as it is before a step: what one evaluates with. */
export const averageOf = ({ x, z, average, beta }: Sequences, kept: Kept): Expression =>
  kept === "average" ? average : add(x, mul(sub(1, div(1, beta)), sub(z, x)));

/**
 * The kept sequence and the parameters after z has made a step, −`step`, and weighs `share` in the average.
 * Written in differences of the sequences, so that nothing moves where they are equal and the step is 0.
 */
export function advance(
  { x, z, average, beta }: Sequences,
  kept: Kept,
  step: Expression,
  share: Expression,
): Readonly<Partial<Record<"x" | Kept, Expression>>> {
  const ownStep = mul(sub(1, mul(beta, sub(1, share))), step);
  if (kept === "z") return { z: sub(z, step), x: sub(add(x, mul(share, sub(z, x))), ownStep) };
  const pull = mul(share, div(sub(x, average), sub(1, beta)));
  return {
    average: add(average, sub(pull, mul(share, step))),
    x: sub(add(x, mul(beta, pull)), ownStep),
  };
}

/** lr · min(1, k/W), which is lr where there is no warm-up. */
export const warmedUp = ({
  k,
  lr,
  warmupSteps,
}: Readonly<Record<"k" | "lr" | "warmupSteps", Expression>>): Expression =>
  mul(lr, min(1, div(k, warmupSteps)));

/**
 * What step k weighs, and its share in the average: nothing while no step has weighed anything. `lrMax` and
 * `weights` are carried.
 */
export function averaging(
  {
    k,
    r,
    weightLrPower,
    lrMax,
    weights,
  }: Readonly<Record<"k" | "r" | "weightLrPower" | "lrMax" | "weights", Expression>>,
  rate: Expression,
): Readonly<Record<"largest" | "weight" | "share", Expression>> {
  const largest = max(lrMax, rate);
  const weight = mul(pow(k, r), pow(largest, weightLrPower));
  const total = add(weights, weight);
  return { largest, weight, share: select(total, "equal", 0, 0, div(weight, total)) };
}
