import { mul, sub } from "../../language/expression.js";
import { choice, decayRate, nonNegative, stepSize } from "../../language/hyper.js";
import { rmsprop } from "../../rules/rmsprop.js";
import { elements, scalars } from "../elementwise.js";
import { defineMatrixRule } from "../matrixRule.js";
import { flattened, isMatrix, matrixAt } from "../shapes.js";

/** Shampoo as the lecture writes it: both factors averaged, their roots taken at every step, nothing else. */
export const shampoo = defineMatrixRule({
  name: "shampoo",
  title: "Shampoo",
  summary: "a matrix gradient preconditioned from both sides by roots of averaged GGᵀ and GᵀG",
  cite: {
    authors: "Gupta, Koren, Singer",
    year: 2018,
    title: "Shampoo: Preconditioned Stochastic Tensor Optimization",
    url: "https://arxiv.org/abs/1802.09568",
  },
  hyper: {
    lr: stepSize(0.01),
    beta: decayRate(0.9, "\\beta", "decay of the means of GGᵀ and GᵀG, and of RMSProp's mean of squares"),
    eps: nonNegative(1e-6, "\\varepsilon", "added to the eigenvalues under the root"),
  },
  options: {
    root: choice(["eigen", "coupledNewton"], "roots by eigendecomposition, or by products alone"),
  },
  presets: {},
  structural: ["eps"],
  // An embedding's factor would be as large as the vocabulary squared.
  takes: (parameter) => parameter.role !== "embedding" && isMatrix(parameter),
  // What is left is treated by the diagonal of what Shampoo would do to it.
  companion: {
    rule: rmsprop,
    options: { epsPlacement: "inside", centered: false, buffer: "none" },
    hyper: { gamma: "beta", weightDecay: 0 },
  },
  plan: (parameters, { hyper: { eps }, options: { root }, elementwise }) => {
    const planned = parameters.map(({ shape, x, g, state, scratch }) => {
      const { rows, columns } = flattened(shape);
      return {
        ...{ x, g, shape: { rows, columns } },
        left: state("left", [rows, rows]),
        right: state("right", [columns, columns]),
        leftRoot: scratch([rows, rows]),
        rightRoot: scratch([columns, columns]),
        half: scratch([rows, columns]),
        direction: scratch([rows, columns]),
      };
    });
    const { x, direction } = elements("x", "direction");
    const apply = elementwise(
      { assign: { x: sub(x, mul(scalars("lr").lr, direction)) } },
      planned.map(({ x, direction }) => ({ arrays: { x, direction } })),
    );
    return ({ algebra, hyper, view }) => {
      const matrices = planned.map(({ g, shape, ...places }) => ({
        g: matrixAt({ view }, g, shape),
        left: matrixAt({ view }, places.left),
        right: matrixAt({ view }, places.right),
        leftRoot: matrixAt({ view }, places.leftRoot),
        rightRoot: matrixAt({ view }, places.rightRoot),
        half: matrixAt({ view }, places.half),
        direction: matrixAt({ view }, places.direction),
      }));
      const coefficients = { decay: 0, weight: 0 };
      const accumulate = algebra.gram(
        matrices.flatMap(({ g, left, right }) => [
          { matrix: g, of: "rows", result: left, coefficients },
          { matrix: g, of: "columns", result: right, coefficients },
        ]),
      );
      const roots = algebra.inverseRoot(
        matrices.flatMap(({ left, right, leftRoot, rightRoot }) => [
          { matrix: left, result: leftRoot, root: 4 },
          { matrix: right, result: rightRoot, root: 4 },
        ]),
        { method: root, epsilon: eps },
      );
      const precondition = algebra.product(
        matrices.map(({ g, leftRoot, half }) => ({ a: leftRoot, b: g, result: half })),
        matrices.map(({ half, rightRoot, direction }) => ({ a: half, b: rightRoot, result: direction })),
      );
      return [
        () => {
          coefficients.decay = hyper.beta;
          coefficients.weight = 1 - hyper.beta;
        },
        ...[accumulate, roots, precondition, apply],
      ];
    };
  },
  latex: () => [
    "L_k &= \\beta L_{k-1} + (1-\\beta) G_k G_k^\\top",
    "R_k &= \\beta R_{k-1} + (1-\\beta) G_k^\\top G_k",
    "x_k &= x_{k-1} - \\alpha (L_k + \\varepsilon I)^{-1/4} G_k (R_k + \\varepsilon I)^{-1/4}",
  ],
  plainFormula: () => [
    "L ← β·L + (1 − β)·GGᵀ",
    "R ← β·R + (1 − β)·GᵀG",
    "x ← x − α·(L + εI)^(−1/4)·G·(R + εI)^(−1/4)",
  ],
});
