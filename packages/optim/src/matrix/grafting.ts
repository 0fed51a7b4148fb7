import {
  add,
  div,
  type Expression,
  ema,
  pow,
  sqrt,
  square,
  sub,
  toExpression,
} from "../language/expression.js";
import { elements, scalars } from "./elementwise.js";

/** Whose step size a preconditioned direction takes, block by block. */
export type Grafting = "none" | "sgd" | "adagrad" | "rmsprop" | "adam";

/** Grafts that keep squared gradients. */
export const keepsSquares = (grafting: Grafting): boolean => !(grafting === "none" || grafting === "sgd");

/**
 * The squared gradients, updated to their sum (AdaGrad) or their mean, and the direction divided by their
 * root plus ε.
 */
export function graftSquares(
  grafting: Grafting,
  direction: Expression,
): { readonly squares: Expression; readonly grafted: Expression } {
  const { g, squares } = elements("g", "squares");
  const { k, graftingBeta2: beta2, graftingEps: eps } = scalars("k", "graftingBeta2", "graftingEps");
  const next = grafting === "adagrad" ? add(squares, square(g)) : ema(squares, square(g), beta2);
  const correction = grafting === "adam" ? sub(1, pow(beta2, k)) : toExpression(1);
  return { squares: next, grafted: div(direction, add(sqrt(div(next, correction)), eps)) };
}
