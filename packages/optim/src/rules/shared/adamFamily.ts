import { add, div, type Expression, ema, max, pow, sqrt, square, sub } from "../../language/expression.js";
import { choice, decayRate, nonNegative, stepSize } from "../../language/hyper.js";
import type { ArgumentMapping } from "../../language/rule.js";
import { maximizeArgument, noMeanPrecision } from "./originals.js";

/** Hyper-parameters that Adam, AMSGrad, AdamW and Adam with L2 share. */
export const adamHyper = {
  lr: stepSize(1e-3),
  beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
  beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
  eps: nonNegative(1e-8, "\\varepsilon", "added to the root of v̂"),
  epsRoot: nonNegative(0, "\\bar\\varepsilon", "added to v̂ under the root (optax)"),
} as const;

/** The same defaults in torch, optax and Kingma & Ba. */
export const adamDefaults = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, epsRoot: 0 } as const;

/** Whose maximum AMSGrad keeps. With `none` there is no third slot and the rule is Adam's. */
export const maximumOption = choice(
  ["none", "raw", "debiased"],
  "AMSGrad's maximum: none; of the raw v, debiased afterwards (torch); of the debiased v̂ (optax)",
);
type Maximum = (typeof maximumOption.values)[number];

/** torch's argument names but `weight_decay` and `amsgrad`, which differ from rule to rule. */
export const torchAdamArguments = {
  lr: "lr",
  betas: { tuple: ["beta1", "beta2"] },
  eps: "eps",
  maximize: maximizeArgument,
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

/** optax's argument names but `weight_decay`. */
export const optaxAdamArguments = {
  learning_rate: "lr",
  b1: "beta1",
  b2: "beta2",
  eps: "eps",
  eps_root: "epsRoot",
  mu_dtype: noMeanPrecision,
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

/**
 * The argument names of AlgoPerf's submissions that are written with JAX. They take `eps`, and always use
 * 1e-8.
 */
export const algoperfAdamArguments = {
  learning_rate: "lr",
  b1: "beta1",
  b2: "beta2",
  weight_decay: "weightDecay",
  eps: { only: 1e-8, otherwise: "The original ignores its eps and uses 1e-8; give ours by its own name" },
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

/** torch's `amsgrad` flag of `Adam` and `AdamW`. */
export const torchAmsgradArgument: ArgumentMapping = {
  values: { false: { maximum: "none" }, true: { maximum: "raw" } },
};

/** 1 − β₁ᵏ and 1 − β₂ᵏ, by which averages that began at zero are divided. */
export const biasCorrections = ({
  k,
  beta1,
  beta2,
}: Readonly<Record<"k" | "beta1" | "beta2", Expression>>) => ({
  c1: sub(1, pow(beta1, k)),
  c2: sub(1, pow(beta2, k)),
});

type MomentVariables = Readonly<Record<"m" | "v" | "beta1" | "beta2", Expression>>;

/** The averages of the gradient and of its square. */
export const moments = ({ m, v, beta1, beta2 }: MomentVariables, gradient: Expression) => ({
  m: ema(m, gradient, beta1),
  v: ema(v, square(gradient), beta2),
});

/** m̂ / (√(v̂ + ε̄) + ε). */
export const adamDirection = (
  { eps, epsRoot }: Readonly<Record<"eps" | "epsRoot", Expression>>,
  debiasedMean: Expression,
  debiasedMeanSquare: Expression,
): Expression => div(debiasedMean, add(sqrt(add(debiasedMeanSquare, epsRoot)), eps));

/**
 * The v̂ that Adam divides by under this choice of AMSGrad's maximum, and the new maximum where one is kept.
 */
export function secondMoment(
  { vMax, c2 }: Readonly<Record<"vMax" | "c2", Expression>>,
  meanSquare: Expression,
  maximum: Maximum,
): { readonly debiased: Expression; readonly slots: { readonly vMax?: Expression } } {
  switch (maximum) {
    case "none":
      return { debiased: div(meanSquare, c2), slots: {} };
    case "raw": {
      const largest = max(vMax, meanSquare);
      return { debiased: div(largest, c2), slots: { vMax: largest } };
    }
    case "debiased": {
      const largest = max(vMax, div(meanSquare, c2));
      return { debiased: largest, slots: { vMax: largest } };
    }
  }
}
