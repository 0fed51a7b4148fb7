import { nonNegative } from "../../language/hyper.js";
import type { ArgumentMapping } from "../../language/rule.js";

/** The L2 term of every rule that has one: λx is added to the gradient before anything else. */
export const l2Decay = nonNegative(0, "\\lambda", "L2 regularisation: λx is added to the gradient");

/** Where ε stands relative to the square root. */
export const epsPlacementDescription =
  "ε under the root, √(v+ε) (lecture, optax), or added to it, √v+ε (torch)";

/** torch's `maximize`: our rules minimise. */
export const maximizeArgument: ArgumentMapping = {
  only: false,
  otherwise: "Negate the objective: every rule here minimises",
};
