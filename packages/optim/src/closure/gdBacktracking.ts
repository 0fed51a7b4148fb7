import { count, decayRate, nonNegative, positive } from "../language/hyper.js";
import { backtrack } from "../lineSearch/backtracking.js";
import { defineDescent } from "./descent.js";
import { gradientDescentState, searchedStep } from "./gradientDescent.js";

/**
 * Gradient descent with Armijo backtracking, step by step as optax's
 * `chain(sgd(1), scale_by_backtracking_linesearch(...))`.
 */
export const gdBacktracking = defineDescent({
  name: "gd-backtracking",
  title: "Gradient descent, backtracking",
  summary: "the first of ever shorter steps along −∇f that decreases the objective enough",
  cite: {
    authors: "Armijo",
    year: 1966,
    title: "Minimization of functions having Lipschitz continuous first partial derivatives",
    url: "https://doi.org/10.2140/pjm.1966.16.1",
  },
  hyper: {
    maximumStep: positive(1, "t_{\\max}", "the longest step tried"),
    sufficientDecrease: decayRate(1e-4, "c_1", "part of the slope that a step must gain"),
    decrease: decayRate(0.8, "\\beta", "factor of a rejected step"),
    increase: positive(1.5, "\\eta", "the first trial is the last step times this"),
    maximumBacktracks: count(60, "N", "how often a step is shortened at most"),
    relativeTolerance: nonNegative(0, "r", "relative increase that is forgiven"),
    absoluteTolerance: nonNegative(0, "a", "increase that is forgiven"),
  },
  presets: {
    optax: {
      values: {
        maximumStep: 1,
        sufficientDecrease: 1e-4,
        decrease: 0.8,
        increase: 1.5,
        relativeTolerance: 0,
        absoluteTolerance: 0,
      },
      arguments: {
        max_backtracking_steps: "maximumBacktracks",
        slope_rtol: "sufficientDecrease",
        decrease_factor: "decrease",
        increase_factor: "increase",
        max_learning_rate: "maximumStep",
        atol: "absoluteTolerance",
        rtol: "relativeTolerance",
        store_grad: { only: false, otherwise: "Every search evaluates its own start" },
      },
    },
  },
  latex: [
    "t_0 &= \\min(\\eta \\, t_{k-1}, t_{\\max})",
    "t_k &= \\max \\{ t_0 \\beta^j : f(x_{k-1} - t g_k) \\le f(x_{k-1}) - c_1 t \\|g_k\\|^2 \\}",
    "x_k &= x_{k-1} - t_k g_k",
  ],
  plainFormula: [
    "t = the first of t₀, β·t₀, β²·t₀, ... with f(x − t·g) ≤ f(x) − c₁·t·‖g‖², t₀ = min(η·last t, tₘₐₓ)",
    "x ← x − t·g",
  ],
  state: () => gradientDescentState,
  step: (memory, hyper) =>
    searchedStep(memory, ({ lastStep, ...ray }) =>
      backtrack({ ...ray, guess: Math.min(hyper.increase * (lastStep ?? 1), hyper.maximumStep) }, hyper),
    ),
});
