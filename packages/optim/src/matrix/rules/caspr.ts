import { add, div, ema, mul, pow, select, sqrt, square, sub } from "../../language/expression.js";
import { choice, count, decayRate, nonNegative, positive, stepSize } from "../../language/hyper.js";
import type { Matrix } from "../../linearAlgebra/linearAlgebra.js";
import { nadamw } from "../../rules/nadamw.js";
import { gather, isContiguous, scatter, splitIntoBlocks } from "../blocks.js";
import { elements, scalars } from "../elementwise.js";
import { defineMatrixRule, type Place } from "../matrixRule.js";
import { flattened, isMatrix, matrixAt } from "../shapes.js";
import { largestEigenvalue, meanDiagonal } from "../spectrum.js";

/** Matrices with a longer side are left to the companion. */
const longestSide = 40_000;

/** CASPR as submitted to AlgoPerf: the right factor is of gradients that the left one has preconditioned. */
export const caspr = defineMatrixRule({
  name: "caspr",
  title: "CASPR",
  summary:
    "a matrix preconditioned from the left, and from the right by what is left over, with NAdam's step size",
  cite: {
    authors: "Duvvuri, Devvrit, Anil, Hsieh, Dhillon",
    year: 2024,
    title: "Combining Axes Preconditioners through Kronecker Approximation for Deep Learning",
    url: "https://openreview.net/forum?id=8j9hz8DVi8",
  },
  hyper: {
    lr: stepSize(1e-3),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(0.999, "\\beta_2", "decay of the means of squares and of the factors"),
    eps: nonNegative(1e-8, "\\varepsilon", "added to the root of v̂"),
    epsRoot: nonNegative(0, "\\bar\\varepsilon", "added to v̂ under the root"),
    weightDecay: nonNegative(1e-4, "\\lambda", "decoupled weight decay"),
    ridge: positive(1e-6, "\\rho", "times a factor's largest eigenvalue, added to its eigenvalues"),
    blockSize: count(1024, "b", "largest size of a block along a side"),
    frequency: count(20, "f", "updates between two computations of the roots"),
    start: count(101, "s", "updates by NAdam alone before the first that is preconditioned"),
    errorTolerance: positive(0.01, "\\tau", "a root with a larger error is not taken"),
  },
  options: { root: choice(["coupledNewton", "eigen"], "roots by products alone, or by eigendecomposition") },
  presets: {
    algoperf: {
      values: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 1e-4 },
      arguments: {
        learning_rate: "lr",
        b1: "beta1",
        b2: "beta2",
        eps: "eps",
        eps_root: "epsRoot",
        weight_decay: "weightDecay",
        matrix_epsilon: "ridge",
        block_size: "blockSize",
        preconditioning_compute_steps: "frequency",
        start_preconditioning_step: "start",
        error_tolerance: "errorTolerance",
        exponent_override: { only: 0, otherwise: "Roots are inverse square roots" },
        nesterov: { only: true, otherwise: "Momentum always looks ahead" },
        caspr_p: { only: -1, otherwise: "The original does not use it" },
        relative_epsilon: { only: true, otherwise: "The ridge is relative to the largest eigenvalue" },
        inverse_type: { values: { eigh: { root: "eigen" }, "coupled newton": { root: "coupledNewton" } } },
        global_grafting: { only: false, otherwise: "Step sizes are grafted parameter by parameter" },
      },
    },
  },
  structural: ["blockSize", "ridge"],
  takes: ({ shape }) => {
    const { rows, columns } = flattened(shape);
    return isMatrix({ shape }) && Math.max(rows, columns) <= longestSide;
  },
  companion: { rule: nadamw },
  plan: (parameters, { hyper: { blockSize, ridge }, options: { root }, elementwise, part }) => {
    const planned = parameters.map(({ shape, x, g, state, scratch }) => {
      const { rows, columns } = flattened(shape);
      const arrays = { x, g, m: state("m", shape), v: state("v", shape) };
      return {
        ...{ arrays, state, scratch, ahead: scratch(shape), adam: scratch(shape) },
        split: splitIntoBlocks([rows, columns], blockSize),
      };
    });
    const plannedBlocks = planned
      .flatMap((tensor) =>
        tensor.split.map((block, index) => {
          const inPlace = isContiguous(block);
          const [height = 1, width = 1] = block.shape;
          const placeOf = (of: Place) =>
            inPlace ? part(of, block.start, block.shape) : tensor.scratch(block.shape);
          const { state, scratch } = tensor;
          return {
            ...{ tensor, block, inPlace },
            ...{ gradient: placeOf(tensor.arrays.g), ahead: placeOf(tensor.ahead) },
            half: scratch([height, width]),
            leftPrevious: state(`leftPrevious${index}`, [height, height], { identity: ridge }),
            leftProduct: scratch([height, height]),
            traces: { product: Number.NaN, squares: Number.NaN },
            factors: [["left", height, ridge] as const, ["right", width, 1] as const].map(
              ([side, size, initial]) => ({
                factor: state(`${side}${index}`, [size, size], { identity: initial }),
                inverse: state(`${side}Root${index}`, [size, size], { identity: 1 }),
                scaled: scratch([size, size]),
                candidate: scratch([size, size]),
                mean: { divisor: Number.NaN },
                taking: { factor: Number.NaN, taken: 0 },
              }),
            ),
          };
        }),
      )
      .map((each) => ({
        ...each,
        direction: each.inPlace ? each.ahead : each.tensor.scratch(each.block.shape),
      }));
    const { x, g, m, v, adam, ahead, factor, candidate, inverse, product } = elements(
      ...(["x", "g", "m", "v", "adam", "ahead", "factor", "candidate", "inverse", "product"] as const),
    );
    const { k, lr, beta1, beta2, eps, epsRoot, weightDecay, divisor } = scalars(
      ...(["k", "lr", "beta1", "beta2", "eps", "epsRoot", "weightDecay", "divisor"] as const),
    );
    const means = { m: ema(m, g, beta1), v: ema(v, square(g), beta2) };
    const look = div(ema(means.m, g, beta1), sub(1, pow(beta1, k)));
    const root2 = sqrt(add(div(means.v, sub(1, pow(beta2, k))), epsRoot));
    const average = elementwise(
      { assign: { ...means, ahead: look, adam: div(look, add(root2, eps)) } },
      planned.map(({ arrays: { g, m, v }, ahead, adam }) => ({ arrays: { g, m, v, ahead, adam } })),
    );
    const applyAdam = elementwise(
      { assign: { x: sub(x, mul(lr, add(adam, mul(weightDecay, x)))) } },
      planned.map(({ arrays: { x }, adam }) => ({ arrays: { x, adam } })),
    );
    const { ownSum, adamSum, size } = scalars("ownSum", "adamSum", "size");
    /** The preconditioned direction, with the norm of NAdam's. */
    const apply = elementwise(
      {
        sums: { ownSum: square(ahead), adamSum: square(adam) },
        scalars: { size: select(ownSum, "greater", 0, sqrt(div(adamSum, ownSum)), 0) },
        assign: { x: sub(x, mul(lr, add(mul(size, ahead), mul(weightDecay, x)))) },
      },
      planned.map(({ arrays: { x }, ahead, adam }) => ({ arrays: { x, ahead, adam } })),
    );
    const sides = plannedBlocks.flatMap(({ factors }) => factors);
    const scale = elementwise(
      { assign: { scaled: div(factor, divisor) } },
      sides.map(({ factor, scaled, mean }) => ({ arrays: { factor, scaled }, scalars: mean })),
    );
    const { factor: rootFactor, taken } = scalars("factor", "taken");
    const take = elementwise(
      { assign: { inverse: select(taken, "equal", 1, mul(rootFactor, candidate), inverse) } },
      sides.map(({ inverse, candidate, taking }) => ({ arrays: { inverse, candidate }, scalars: taking })),
    );
    const trace = elementwise(
      { sums: { product: mul(inverse, product), squares: square(inverse) }, assign: {} },
      plannedBlocks.flatMap(({ factors: [left], leftProduct, traces }) =>
        left === undefined
          ? []
          : [{ arrays: { inverse: left.inverse, product: leftProduct }, totals: traces }],
      ),
    );

    return ({ algebra, hyper, view, move }) => {
      const blocks = plannedBlocks.flatMap((planned) => {
        const [left, right] = planned.factors.map(({ factor, inverse, scaled, candidate, ...own }) => ({
          ...own,
          factor: matrixAt({ view }, factor),
          inverse: matrixAt({ view }, inverse),
          scaled: matrixAt({ view }, scaled),
          candidate: matrixAt({ view }, candidate),
        }));
        if (left === undefined || right === undefined) return [];
        const { tensor, block, inPlace, traces, ...places } = planned;
        const matrices = {
          gradient: matrixAt({ view }, places.gradient),
          ahead: matrixAt({ view }, places.ahead),
          half: matrixAt({ view }, places.half),
          direction: matrixAt({ view }, places.direction),
          leftPrevious: matrixAt({ view }, places.leftPrevious),
          leftProduct: matrixAt({ view }, places.leftProduct),
        };
        // Of the left one on, and of the right one what it is multiplied by once the left root is new.
        const ofLeft = { decay: 0, weight: 0 };
        const ofRight = { decay: 0, weight: 0 };
        return [{ tensor, block, inPlace, traces, ...matrices, left, right, ofLeft, ofRight }];
      });

      const copied = blocks.filter(({ inPlace }) => !inPlace);
      const takeBlocks = move(
        copied.flatMap(({ tensor, block, gradient, ahead }) => [
          gather(block, view(tensor.arrays.g), gradient.values),
          gather(block, view(tensor.ahead), ahead.values),
        ]),
      );
      const putBlocks = move(
        copied.map(({ tensor, block, direction }) => scatter(block, direction.values, view(tensor.ahead))),
      );
      /** Whether the roots were computed in the step before. */
      const isFresh = (step: number) => Math.max(step - 1, 1) % hyper.frequency === 0;
      const multiplyPrevious = algebra.product(
        blocks.map(({ left, leftPrevious, leftProduct }) => ({
          ...{ a: leftPrevious, b: left.inverse, result: leftProduct },
        })),
      );
      const setCoefficients = (step: number) => {
        for (const { left, leftPrevious, traces, ofLeft, ofRight } of blocks) {
          ofLeft.decay = hyper.beta2;
          ofLeft.weight = 1 - hyper.beta2;
          const fresh = isFresh(step);
          ofRight.decay = hyper.beta2 * (fresh ? remainder(leftPrevious, traces, ridge) : 1);
          ofRight.weight = (1 - hyper.beta2) / left.factor.rows;
          if (fresh) leftPrevious.values.set(left.factor.values);
        }
      };
      const fromLeft = algebra.product(
        blocks.map(({ left, gradient, half }) => ({ a: left.inverse, b: gradient, result: half })),
      );
      const accumulate = algebra.gram(
        blocks.flatMap(({ left, right, gradient, half, ofLeft, ofRight }) => [
          { matrix: gradient, of: "rows" as const, result: left.factor, coefficients: ofLeft },
          { matrix: half, of: "columns" as const, result: right.factor, coefficients: ofRight },
        ]),
      );

      const bound = blocks.flatMap(({ left, right }) => [left, right]);
      const measure = () => {
        for (const { factor, mean } of bound) mean.divisor = meanDiagonal(factor) + smallest;
      };
      const roots = algebra.inverseRoot(
        bound.map(({ scaled, candidate }) => ({ matrix: scaled, result: candidate, root: 2 })),
        { method: root, epsilon: ridge, damping: "relative", fallbackAbove: Number.POSITIVE_INFINITY },
      );
      const judge = () => {
        for (const [index, { mean, taking }] of bound.entries()) {
          const { error } = roots.reports[index] ?? { error: Number.NaN };
          taking.taken = error <= hyper.errorTolerance ? 1 : 0;
          taking.factor = 1 / Math.sqrt(mean.divisor);
        }
      };

      const precondition = algebra.product(
        blocks.map(({ left, ahead, half }) => ({ a: left.inverse, b: ahead, result: half })),
        blocks.map(({ right, half, direction }) => ({ a: half, b: right.inverse, result: direction })),
      );
      return [
        ...[average, takeBlocks],
        { when: isFresh, stages: [multiplyPrevious, trace] },
        ...[setCoefficients, fromLeft, accumulate],
        { when: (step) => step % hyper.frequency === 0, stages: [measure, scale, roots, judge, take] },
        { when: (step) => step > hyper.start, stages: [precondition, putBlocks, apply] },
        { when: (step) => step <= hyper.start, stages: [applyAdam] },
      ];
    };
  },
  latex: () => [
    "L_k &= \\beta_2 L_{k-1} + (1-\\beta_2) G_k G_k^\\top, \\quad P_L = (L + \\rho\\lambda_{\\max} I)^{-1/2}",
    "R_k &= \\beta_2 c_k R_{k-1} + \\tfrac{1-\\beta_2}{n} G_k^\\top P_L^2 G_k, \\quad P_R = (R + \\rho\\lambda_{\\max} I)^{-1/2}",
    "\\hat m_k &= \\frac{\\beta_1 m_k + (1-\\beta_1) G_k}{1-\\beta_1^k}, \\quad A_k = \\frac{\\hat m_k}{\\sqrt{\\hat v_k} + \\varepsilon}",
    "x_k &= x_{k-1} - \\alpha \\left(\\frac{\\|A_k\\|}{\\|P_L \\hat m_k P_R\\|} P_L \\hat m_k P_R + \\lambda x_{k-1}\\right)",
  ],
  plainFormula: () => [
    "L ← β₂·L + (1 − β₂)·GGᵀ; P_L = (L + ρ·λmax·I)^(−1/2) every f updates",
    "R ← β₂·c·R + (1 − β₂)/n·Gᵀ·P_L²·G; P_R = (R + ρ·λmax·I)^(−1/2)",
    "m̂ = (β₁·m + (1 − β₁)·G)/(1 − β₁ᵏ); A = m̂/(√v̂ + ε)",
    "x ← x − α·(‖A‖/‖P_L·m̂·P_R‖·P_L·m̂·P_R + λ·x)",
  ],
});

/** Keeps the scale of a factor of zeros from being zero. */
const smallest = 1e-30;

/**
 * c = max(0, tr(P (L + ρλmax I) P))/n of the left factor L that the root before P was of: what P leaves of
 * it, 1 where P is its own root; from the sums of P∘(LP) and of P∘P.
 */
function remainder(
  { rows, values }: Matrix,
  traces: { readonly product: number; readonly squares: number },
  ridge: number,
): number {
  const damping = ridge * largestEigenvalue(values, rows);
  return Math.max(0, traces.product + damping * traces.squares) / rows;
}
