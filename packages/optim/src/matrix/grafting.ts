import type { Values } from "../backends/backend.js";

/** Whose step size a preconditioned direction takes, block by block. */
export type Grafting = "none" | "sgd" | "adagrad" | "rmsprop" | "adam";

/** Grafts that keep squared gradients. */
export const keepsSquares = (grafting: Grafting): boolean => !(grafting === "none" || grafting === "sgd");

/** The new squared gradients of one element: their sum (AdaGrad), or their mean. */
function nextSquare(grafting: Grafting, square: number, gradient: number, beta2: number): number {
  const squared = gradient * gradient;
  return grafting === "adagrad" ? square + squared : beta2 * square + (1 - beta2) * squared;
}

/** Updates the squared gradients, and divides the direction by their root plus ε. `updates` counts from 1. */
export function graft(
  grafting: Grafting,
  { gradient, squares, direction }: { gradient: Values; squares: Values; direction: Values },
  { beta2, eps }: { beta2: number; eps: number },
  updates: number,
): void {
  const correction = grafting === "adam" ? 1 - beta2 ** updates : 1;
  for (let i = 0; i < gradient.length; i++) {
    const square = nextSquare(grafting, squares[i] ?? 0, gradient[i] ?? 0, beta2);
    squares[i] = square;
    direction[i] = (direction[i] ?? 0) / (Math.sqrt(square / correction) + eps);
  }
}
