import { nonNegative } from "../../language/hyper.js";
import type { ArgumentMapping, HyperSpec } from "../../language/rule.js";

/** The L2 term of every rule that has one: λx is added to the gradient before anything else. */
export const l2Decay = nonNegative(0, "\\lambda", "L2 regularisation: λx is added to the gradient");

/**
 * The weight decay of AdamW and what followed it: λx is added to the step, after everything that depends on
 * the gradient.
 */
export const decoupledDecay = (defaultValue: number): HyperSpec =>
  nonNegative(defaultValue, "\\lambda", "decoupled weight decay");

/** Where ε stands relative to the square root. */
export const epsPlacementDescription =
  "ε under the root, √(v+ε) (lecture, optax), or added to it, √v+ε (torch)";

/** torch's `maximize`: our rules minimise. */
export const maximizeArgument: ArgumentMapping = {
  only: false,
  otherwise: "Negate the objective: every rule here minimises",
};

/** optax's `mu_dtype`. */
export const noMeanPrecision: ArgumentMapping = {
  only: null,
  otherwise: "The mean of gradients has the precision of the parameters",
};

/** The `mask` of optax's weight decay. */
export const noDecayMask: ArgumentMapping = {
  only: null,
  otherwise: "Give weightDecay=0 to a parameter group",
};
