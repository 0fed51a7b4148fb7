import { decayRate, stepSize } from "../../language/hyper.js";
import type { ArgumentMapping } from "../../language/rule.js";
import { decoupledDecay, noDecayMask, noMeanPrecision } from "./originals.js";

/** Hyper-parameters that Lion and Cautious Lion share. */
export const lionHyper = {
  lr: stepSize(1e-4),
  beta1: decayRate(0.9, "\\beta_1", "weight of the mean in the direction"),
  beta2: decayRate(0.99, "\\beta_2", "decay of the mean of gradients"),
  weightDecay: decoupledDecay(0),
} as const;

/** The authors' argument names, which every torch form of Lion took over. */
export const lionArguments = {
  lr: "lr",
  betas: { tuple: ["beta1", "beta2"] },
  weight_decay: "weightDecay",
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

/** optax's argument names. */
export const optaxLionArguments = {
  learning_rate: "lr",
  b1: "beta1",
  b2: "beta2",
  weight_decay: "weightDecay",
  mu_dtype: noMeanPrecision,
  mask: noDecayMask,
} as const satisfies Readonly<Record<string, ArgumentMapping>>;
