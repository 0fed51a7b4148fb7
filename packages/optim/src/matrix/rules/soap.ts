import type { Values } from "../../backends/backend.js";
import { defineRule } from "../../language/defineRule.js";
import { add, div, ema, mul, pow, sqrt, square, sub } from "../../language/expression.js";
import { count, decayRate, nonNegative, real, stepSize } from "../../language/hyper.js";
import { gramOfAxes, multiplyAxes } from "../axes.js";
import { descendingOrder, estimateEigenvalues, permuteAxis } from "../eigenbasis.js";
import { elements, scalars } from "../elementwise.js";
import { defineMatrixRule } from "../matrixRule.js";
import { isMatrix, matrixAt } from "../shapes.js";

const cite = {
  authors: "Vyas, Morwani, Zhao, Kwun, Shapira, Brandfonbrener, Janson, Kakade",
  year: 2024,
  title: "SOAP: Improving and Stabilizing Shampoo using Adam",
  url: "https://arxiv.org/abs/2409.11321",
} as const;

const hyper = {
  lr: stepSize(3e-3),
  beta1: decayRate(0.95, "\\beta_1", "decay of the mean of gradients"),
  beta2: decayRate(0.95, "\\beta_2", "decay of the mean of squared gradients"),
  eps: nonNegative(1e-8, "\\varepsilon", "added to the root of v"),
  weightDecay: nonNegative(0.01, "\\lambda", "decoupled weight decay, after the step"),
} as const;

/** Adam whose first gradient is left out, as the authors' code does for vectors too. */
const lateAdam = defineRule({
  name: "soap-companion",
  title: "Adam from the second gradient on",
  summary: "Adam whose first gradient is left out",
  cite,
  hyper,
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, v: 0 },
      scalars: ({ k, beta1, beta2 }) => {
        const updates = sub(k, 1);
        return { correction: div(sqrt(sub(1, pow(beta2, updates))), sub(1, pow(beta1, updates))) };
      },
      when: ({ k }) => sub(k, 1),
      update: ({ x, g, lr, beta1, beta2, m, v, eps, weightDecay, correction }) => {
        const next = { m: ema(m, g, beta1), v: ema(v, square(g), beta2) };
        const moved = sub(x, mul(mul(lr, correction), div(next.m, add(sqrt(next.v), eps))));
        return { ...next, x: mul(moved, sub(1, mul(lr, weightDecay))) };
      },
    }),
});

/**
 * Adam in the eigenbasis of Shampoo's factors. The first gradient only makes the factors, so that no gradient
 * is projected by itself.
 *
 * When the basis turns, m is turned with it; v, a mean of squares, is only put in the new order, as in the
 * authors' code. Along directions that no gradient has had, both hold rounding alone, and ε is what keeps
 * their quotient small: where gradients are about 1e8 or more (in float32, about 1) and of low rank, steps of
 * several, seen up to twenty, learning rates follow the turn, here as in a literal float64 transcription.
 */
export const soap = defineMatrixRule({
  name: "soap",
  title: "SOAP",
  summary: "Adam in the slowly turning eigenbasis of Shampoo's factors",
  cite,
  hyper: {
    ...hyper,
    factorBeta: real(-1, "\\beta_3", "decay of the factors' means; β₂ where it is below 0"),
    frequency: count(10, "f", "updates between two turns of the basis"),
    largestAxis: count(10_000, "d_{\\max}", "axes longer than this have no factor"),
  },
  presets: {
    authors: {
      values: { lr: 3e-3, beta1: 0.95, beta2: 0.95, eps: 1e-8, weightDecay: 0.01, frequency: 10 },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2"] },
        shampoo_beta: "factorBeta",
        eps: "eps",
        weight_decay: "weightDecay",
        precondition_frequency: "frequency",
        max_precond_dim: "largestAxis",
        merge_dims: { only: false, otherwise: "Axes are not merged: reshape the parameter" },
        precondition_1d: { only: false, otherwise: "Vectors are updated by Adam" },
        normalize_grads: { only: false, otherwise: "Updates are not normalised" },
        data_format: { only: "channels_first", otherwise: "The order of axes matters to merging alone" },
        correct_bias: { only: true, otherwise: "Averages are always corrected" },
      },
    },
  },
  structural: ["largestAxis"],
  conflict: ({ factorBeta = 0 }) => (factorBeta < 1 ? undefined : "factorBeta < 1"),
  takes: isMatrix,
  companion: { rule: lateAdam },
  plan: (parameters, { hyper: { largestAxis }, elementwise }) => {
    const planned = parameters.map(({ shape, x, g, state, scratch }) => ({
      ...{ shape, x, g },
      ...{ m: state("m", shape), v: state("v", shape) },
      ...{ first: scratch(shape), second: scratch(shape) },
      axes: shape.map((size, axis) =>
        size > largestAxis
          ? undefined
          : {
              ...{
                axis,
                factor: state(`factor${axis}`, [size, size]),
                basis: state(`basis${axis}`, [size, size]),
              },
              ...{ turned: scratch([size, size]), eigenvalues: scratch([size]) },
            },
      ),
    }));
    const { x, m, v, direction } = elements("x", "m", "v", "direction");
    const { k, lr, beta1, beta2, eps, weightDecay, rate } = scalars(
      ...(["k", "lr", "beta1", "beta2", "eps", "weightDecay", "rate"] as const),
    );
    const means = { m: ema(m, direction, beta1), v: ema(v, square(direction), beta2) };
    const average = elementwise(
      { assign: { ...means, direction: div(means.m, add(sqrt(means.v), eps)) } },
      // Where `multiplyAxes` leaves what it projects.
      planned.map(({ shape, m, v, first, second }) => ({
        arrays: { m, v, direction: shape.length % 2 === 1 ? first : second },
      })),
    );
    const updates = sub(k, 1);
    const apply = elementwise(
      {
        scalars: { rate: div(mul(lr, sqrt(sub(1, pow(beta2, updates)))), sub(1, pow(beta1, updates))) },
        assign: { x: mul(sub(1, mul(lr, weightDecay)), sub(x, mul(rate, direction))) },
      },
      planned.map(({ x, second }) => ({ arrays: { x, direction: second } })),
    );
    return ({ algebra, hyper: values, view, move }) => {
      const tools = { algebra, move };
      const tensors = planned.map(({ shape, x, g, m, v, first, second, axes }) => {
        const bound = axes.map((axis) =>
          axis === undefined
            ? undefined
            : {
                axis: axis.axis,
                factor: matrixAt({ view }, axis.factor),
                basis: matrixAt({ view }, axis.basis),
                turned: matrixAt({ view }, axis.turned),
                eigenvalues: view(axis.eigenvalues),
              },
        );
        return {
          ...{ shape, x: view(x), g: view(g), m: view(m), v: view(v) },
          axes: bound.flatMap((axis) => (axis === undefined ? [] : [axis])),
          factors: bound.map((axis) => axis?.factor),
          bases: bound.map((axis) => axis?.basis),
          buffers: [view(first), view(second)] as const,
        };
      });
      /** Every tensor's array into the basis, and out of it again once it has been changed. */
      const roundTrip = (inputOf: (tensor: (typeof tensors)[number]) => Values, inwards: boolean) => {
        const there = multiplyAxes(
          tools,
          tensors.map((tensor) => ({
            ...{ shape: tensor.shape, matrices: tensor.bases, buffers: tensor.buffers },
            ...{ input: inputOf(tensor), transpose: !inwards },
          })),
        );
        const back = multiplyAxes(
          tools,
          there.results.map((result) => ({ ...result, transpose: inwards })),
        );
        return { there, back };
      };

      const gradient = roundTrip(({ g }) => g, true);
      const coefficients = { decay: 0, weight: 0 };
      const setCoefficients = () => {
        coefficients.decay = values.factorBeta < 0 ? values.beta2 : values.factorBeta;
        coefficients.weight = 1 - coefficients.decay;
      };
      const accumulate = gramOfAxes(
        tools,
        tensors.map(({ shape, factors, g, buffers }) => ({
          ...{ shape, matrices: factors, input: g, buffer: buffers[0] },
        })),
        coefficients,
      );

      const axes = tensors.flatMap(({ shape, v, axes: own }) => own.map((axis) => ({ shape, v, ...axis })));
      const decompose = algebra.symmetricEigen(
        axes.map(({ factor, basis, eigenvalues }) => ({
          ...{ matrix: factor, vectors: basis, values: eigenvalues },
          order: "descending" as const,
        })),
      );
      // One step of orthogonal iteration: the factor times the sorted basis, made orthonormal again. The
      // means go with the basis.
      const multiply = algebra.product(
        axes.map(({ factor, basis, turned }) => ({ a: factor, b: basis, result: turned })),
      );
      const sort = () => {
        for (const { shape, v, axis, basis, turned, eigenvalues } of axes) {
          estimateEigenvalues(basis, turned, eigenvalues);
          const order = descendingOrder(eigenvalues);
          if (order.every((place, index) => place === index)) continue;
          permuteAxis(turned.values, [turned.rows, turned.columns], 1, order);
          permuteAxis(v, shape, axis, order);
        }
      };
      const orthonormalise = algebra.qr(axes.map(({ basis, turned }) => ({ matrix: turned, q: basis })));
      const mean = roundTrip(({ m }) => m, false);
      const keepMean = () => {
        for (const [index, { m }] of tensors.entries()) m.set(mean.back.results[index]?.input ?? m);
      };

      return [
        {
          when: (step) => step > 1,
          stages: [...gradient.there.stages, average, ...gradient.back.stages, apply],
        },
        ...[setCoefficients, ...accumulate],
        { when: (step) => step === 1, stages: [decompose] },
        {
          when: (step) => step > 1 && (step - 1) % values.frequency === 0,
          stages: [...mean.there.stages, multiply, sort, orthonormalise, ...mean.back.stages, keepMean],
        },
      ];
    };
  },
  latex: () => [
    "L_k &= \\beta_3 L_{k-1} + (1-\\beta_3) G_k G_k^\\top, \\quad R_k = \\beta_3 R_{k-1} + (1-\\beta_3) G_k^\\top G_k",
    "Q_L, Q_R &: \\text{eigenvectors of } L_k, R_k, \\text{ by } \\mathrm{qr}(L_k Q_L), \\mathrm{qr}(R_k Q_R) \\text{ every } f \\text{ updates}",
    "G'_k &= Q_L^\\top G_k Q_R",
    "m_k &= \\beta_1 m_{k-1} + (1-\\beta_1) G'_k, \\quad v_k = \\beta_2 v_{k-1} + (1-\\beta_2) G_k'^2",
    "x_k &= (1 - \\alpha\\lambda)\\left(x_{k-1} - \\alpha \\frac{\\sqrt{1-\\beta_2^{k-1}}}{1-\\beta_1^{k-1}} Q_L \\frac{m_k}{\\sqrt{v_k}+\\varepsilon} Q_R^\\top\\right)",
  ],
  plainFormula: () => [
    "L ← β₃·L + (1 − β₃)·GGᵀ; R ← β₃·R + (1 − β₃)·GᵀG",
    "every f updates Q_L ← qr(L·Q_L), Q_R ← qr(R·Q_R)",
    "G′ = Q_Lᵀ·G·Q_R",
    "m ← β₁·m + (1 − β₁)·G′; v ← β₂·v + (1 − β₂)·G′²",
    "x ← (1 − α·λ)·(x − α·√(1 − β₂ᵏ⁻¹)/(1 − β₁ᵏ⁻¹)·Q_L·(m/(√v + ε))·Q_Rᵀ)",
  ],
});
