import { count, decayRate, nonNegative, positive } from "../language/hyper.js";
import { strongWolfe } from "../lineSearch/wolfe.js";
import { defineDescent } from "./descent.js";
import { gradientDescentState, searchedStep } from "./gradientDescent.js";

/**
 * Gradient descent with steps that satisfy the strong Wolfe conditions; each search begins at the last step.
 */
export const gdWolfe = defineDescent({
  name: "gd-wolfe",
  title: "Gradient descent, strong Wolfe",
  summary: "steps along −∇f that decrease the objective enough and flatten its slope",
  cite: {
    authors: "Wolfe",
    year: 1969,
    title: "Convergence Conditions for Ascent Methods",
    url: "https://doi.org/10.1137/1011036",
  },
  hyper: {
    firstStep: positive(1, "t_0", "the first trial of the first search"),
    sufficientDecrease: decayRate(1e-4, "c_1", "part of the slope that a step must gain"),
    curvature: decayRate(0.9, "c_2", "part of the slope that may be left"),
    maximumIterations: count(25, "N", "trials after the first, at most"),
    smallestChange: nonNegative(1e-9, "\\delta", "a search ends when no coordinate would move by more"),
  },
  latex: [
    "t_k &: f(x_{k-1} - t_k g_k) \\le f(x_{k-1}) - c_1 t_k \\|g_k\\|^2, \\quad |\\langle \\nabla f(x_{k-1} - t_k g_k), g_k \\rangle| \\le c_2 \\|g_k\\|^2",
    "x_k &= x_{k-1} - t_k g_k",
  ],
  plainFormula: ["t with f(x − t·g) ≤ f(x) − c₁·t·‖g‖² and |⟨∇f(x − t·g), g⟩| ≤ c₂·‖g‖²", "x ← x − t·g"],
  conflict: ({ sufficientDecrease, curvature }) =>
    sufficientDecrease < curvature ? undefined : "sufficientDecrease < curvature",
  state: () => gradientDescentState,
  step: (memory, hyper) =>
    searchedStep(memory, ({ lastStep, ...ray }) =>
      strongWolfe({ ...ray, guess: lastStep ?? hyper.firstStep }, hyper),
    ),
});
