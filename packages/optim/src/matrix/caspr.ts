import type { Values } from "../backends/backend.js";
import { choice, count, decayRate, nonNegative, positive, stepSize } from "../language/hyper.js";
import { nadamw } from "../rules/nadamw.js";
import { addBlock, gather, norm, splitIntoBlocks } from "./blocks.js";
import { defineMatrixRule } from "./matrixRule.js";
import { flattened, isMatrix, matrixAt } from "./shapes.js";
import { largestEigenvalue, meanDiagonal } from "./spectrum.js";

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
  plan: (parameters, { hyper: { blockSize, ridge }, options: { root } }) => {
    const planned = parameters.map(({ shape, x, g, state, scratch }) => {
      const { rows, columns } = flattened(shape);
      return {
        ...{ x, g, m: state("m", shape), v: state("v", shape), ahead: scratch(shape), adam: scratch(shape) },
        blocks: splitIntoBlocks([rows, columns], blockSize).map((block, index) => {
          const [height = 1, width = 1] = block.shape;
          return {
            ...{ block, gradient: scratch([height, width]), ahead: scratch([height, width]) },
            ...{ half: scratch([height, width]), direction: scratch([height, width]) },
            leftPrevious: state(`leftPrevious${index}`, [height, height], { identity: ridge }),
            factors: [["left", height, ridge] as const, ["right", width, 1] as const].map(
              ([side, size, initial]) => ({
                factor: state(`${side}${index}`, [size, size], { identity: initial }),
                inverse: state(`${side}Root${index}`, [size, size], { identity: 1 }),
                scaled: scratch([size, size]),
                candidate: scratch([size, size]),
              }),
            ),
          };
        }),
      };
    });
    return ({ algebra, hyper, view }) => {
      const tensors = planned.map(({ x, g, m, v, ahead, adam }) => ({
        ...{ x: view(x), g: view(g), m: view(m), v: view(v), ahead: view(ahead), adam: view(adam) },
      }));
      const blocks = planned.flatMap(({ blocks: own }, tensor) =>
        own.flatMap(({ block, gradient, ahead, half, direction, leftPrevious, factors }) => {
          const [left, right] = factors.map(({ factor, inverse, scaled, candidate }) => ({
            factor: matrixAt({ view }, factor),
            inverse: matrixAt({ view }, inverse),
            scaled: matrixAt({ view }, scaled),
            candidate: matrixAt({ view }, candidate),
          }));
          if (left === undefined || right === undefined) return [];
          const matrices = {
            gradient: matrixAt({ view }, gradient),
            ahead: matrixAt({ view }, ahead),
            half: matrixAt({ view }, half),
            direction: matrixAt({ view }, direction),
            leftPrevious: matrixAt({ view }, leftPrevious),
          };
          // Of the left one on, and of the right one what it is multiplied by once the left root is new.
          const ofLeft = { decay: 0, weight: 0 };
          const ofRight = { decay: 0, weight: 0 };
          return [{ tensor, block, ...matrices, left, right, ofLeft, ofRight }];
        }),
      );

      const average = (step: number) => {
        const { beta1, beta2, eps, epsRoot } = hyper;
        const [bias1, bias2] = [1 - beta1 ** step, 1 - beta2 ** step];
        for (const { g, m, v, ahead, adam } of tensors)
          for (let i = 0; i < g.length; i++) {
            const gradient = g[i] ?? 0;
            const mean = beta1 * (m[i] ?? 0) + (1 - beta1) * gradient;
            const meanSquare = beta2 * (v[i] ?? 0) + (1 - beta2) * gradient * gradient;
            m[i] = mean;
            v[i] = meanSquare;
            const look = (beta1 * mean + (1 - beta1) * gradient) / bias1;
            ahead[i] = look;
            adam[i] = look / (Math.sqrt(meanSquare / bias2 + epsRoot) + eps);
          }
        for (const { tensor, block, gradient, ahead } of blocks) {
          const from = tensors[tensor];
          if (from === undefined) continue;
          gather(block, from.g, gradient.values);
          gather(block, from.ahead, ahead.values);
        }
      };
      /** Whether the roots were computed in the step before. */
      const isFresh = (step: number) => Math.max(step - 1, 1) % hyper.frequency === 0;
      const setCoefficients = (step: number) => {
        for (const { left, leftPrevious, ofLeft, ofRight } of blocks) {
          ofLeft.decay = hyper.beta2;
          ofLeft.weight = 1 - hyper.beta2;
          const fresh = isFresh(step);
          ofRight.decay = hyper.beta2 * (fresh ? remainder(leftPrevious, left.inverse, ridge) : 1);
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

      const sides = blocks.flatMap(({ left, right }) => [left, right]);
      const scales = new Float64Array(sides.length);
      const scale = () => {
        for (const [index, { factor, scaled }] of sides.entries()) {
          const mean = meanDiagonal(factor) + smallest;
          scales[index] = mean;
          for (let i = 0; i < scaled.values.length; i++) scaled.values[i] = (factor.values[i] ?? 0) / mean;
        }
      };
      const roots = algebra.inverseRoot(
        sides.map(({ scaled, candidate }) => ({ matrix: scaled, result: candidate, root: 2 })),
        { method: root, epsilon: ridge, damping: "relative", fallbackAbove: Number.POSITIVE_INFINITY },
      );
      const take = () => {
        for (const [index, { inverse, candidate }] of sides.entries()) {
          const { error } = roots.reports[index] ?? { error: Number.NaN };
          if (!(error <= hyper.errorTolerance)) continue;
          const factor = 1 / Math.sqrt(scales[index] ?? 1);
          for (let i = 0; i < inverse.values.length; i++)
            inverse.values[i] = factor * (candidate.values[i] ?? 0);
        }
      };

      const lookLeft = algebra.product(
        blocks.map(({ left, ahead, half }) => ({ a: left.inverse, b: ahead, result: half })),
      );
      const lookRight = algebra.product(
        blocks.map(({ right, half, direction }) => ({ a: half, b: right.inverse, result: direction })),
      );
      /** Puts the preconditioned direction, with the norm of NAdam's, in the place of NAdam's. */
      const graft = () => {
        for (const [index, { adam, ahead }] of tensors.entries()) {
          ahead.fill(0);
          for (const { tensor, block, direction } of blocks)
            if (tensor === index) addBlock(block, direction.values, 1, ahead);
          const size = norm(ahead);
          const factor = size > 0 ? norm(adam) / size : 0;
          for (let i = 0; i < adam.length; i++) adam[i] = factor * (ahead[i] ?? 0);
        }
      };
      const apply = () => {
        const { lr, weightDecay } = hyper;
        for (const { x, adam } of tensors)
          for (let i = 0; i < x.length; i++)
            x[i] = (x[i] ?? 0) - lr * ((adam[i] ?? 0) + weightDecay * (x[i] ?? 0));
      };
      return [
        ...[average, setCoefficients, fromLeft, accumulate],
        { when: (step) => step % hyper.frequency === 0, stages: [scale, roots, take] },
        { when: (step) => step > hyper.start, stages: [lookLeft, lookRight, graft] },
        apply,
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

/** c = max(0, tr(P (L + ρλmax I) P))/n of the left factor L that the root before P was of: what P leaves of it, 1 where P is its own root. */
function remainder(
  previous: { readonly rows: number; readonly values: Values },
  inverse: { readonly values: Values },
  ridge: number,
): number {
  const { rows } = previous;
  const damping = ridge * largestEigenvalue(previous.values, rows);
  let trace = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) {
      let row = damping * (inverse.values[i * rows + j] ?? 0);
      for (let k = 0; k < rows; k++)
        row += (previous.values[i * rows + k] ?? 0) * (inverse.values[k * rows + j] ?? 0);
      trace += (inverse.values[i * rows + j] ?? 0) * row;
    }
  return Math.max(0, trace) / rows;
}
