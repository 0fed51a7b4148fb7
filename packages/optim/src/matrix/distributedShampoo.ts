import type { Values } from "../backends/backend.js";
import type { OptionValues } from "../language/defineRule.js";
import { choice, count, decayRate, flag, fraction, nonNegative, real, stepSize } from "../language/hyper.js";
import type { ArgumentMapping } from "../language/rule.js";
import { elementCount } from "../parameter.js";
import { gd } from "../rules/gd.js";
import { gramOfAxes, multiplyAxes } from "./axes.js";
import { addBlock, blockNorm, gather, mergeAxes, norm, splitIntoBlocks } from "./blocks.js";
import { graft, keepsSquares } from "./grafting.js";
import { type Bind, defineMatrixRule, type PlannedParameter, type PlanValues } from "./matrixRule.js";
import { matrixAt } from "./shapes.js";

const hyper = {
  lr: stepSize(0.01),
  beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
  beta2: fraction(1, "\\beta_2", "decay of the factors' means; 1 keeps sums"),
  eps: nonNegative(1e-12, "\\varepsilon", "added to the factors' eigenvalues"),
  weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay"),
  blockSize: count(1024, "b", "largest size of a block along an axis"),
  frequency: count(1, "f", "updates between two computations of the roots"),
  start: real(-1, "s", "first update that is preconditioned, grafted alone before it; f where it is below 1"),
  graftingBeta2: decayRate(0.99, "\\beta_g", "RMSProp's and Adam's decay in grafting"),
  graftingEps: nonNegative(1e-8, "\\varepsilon_g", "added to the root in grafting"),
} as const;

const options = {
  grafting: choice(
    ["none", "sgd", "adagrad", "rmsprop", "adam"],
    "whose norm the direction of each block takes: its own, the gradient's, or that of another method's step",
  ),
  preconditioner: choice(
    ["roots", "correctedEigenvalues"],
    "inverse roots of the factors, or second moments in their eigenbasis",
  ),
  root: choice(["eigen", "coupledNewton"], "roots by eigendecomposition, or by products alone"),
  merge: choice(
    ["matrix", "vector", "none"],
    "merge neighbouring axes up to a block's size while more than two are left; while more than one is; or never",
  ),
  nadam: flag(false, "precondition β₁m + (1−β₁)g instead of m"),
} as const;

type Options = OptionValues<typeof options>;
type Hyper = keyof typeof hyper;

const shared = {
  lr: "lr",
  betas: { tuple: ["beta1", "beta2"] },
  epsilon: "eps",
  weight_decay: "weightDecay",
  max_preconditioner_dim: "blockSize",
  precondition_frequency: "frequency",
  start_preconditioning_step: "start",
  use_bias_correction: { only: true, otherwise: "Averages are always corrected" },
  grafting: "grafting",
  grafting_epsilon: "graftingEps",
  grafting_beta2: "graftingBeta2",
} as const satisfies Readonly<Record<string, ArgumentMapping>>;

/** The algorithm of Meta's Distributed Shampoo on one worker: what is distributed there is computed here. */
export const distributedShampoo = defineMatrixRule({
  name: "distributed-shampoo",
  title: "Distributed Shampoo",
  summary: "Shampoo by blocks of tensors, its step sizes grafted from another method",
  cite: {
    authors: "Shi, Lee, Iwasaki, Gallego-Posada, Li, Rangadurai, Mudigere, Rabbat",
    year: 2023,
    title: "A Distributed Data-Parallel PyTorch Implementation of the Distributed Shampoo Optimizer",
    url: "https://arxiv.org/abs/2309.06497",
  },
  hyper,
  options,
  presets: {
    authors: {
      values: { merge: "vector", nadam: false },
      arguments: {
        ...shared,
        beta3: { only: -1, otherwise: "Give nadam=true for the gradient's own part" },
        weight_decay_type: { only: "DECOUPLED", otherwise: "Weight decay is decoupled" },
        preconditioner: {
          values: {
            root_inv: { preconditioner: "roots" },
            eigenvalue_corrected: { preconditioner: "correctedEigenvalues" },
          },
        },
        target_parameter_dimensionality: { values: { 1: { merge: "vector" }, 2: { merge: "matrix" } } },
      },
    },
    algoperf: {
      values: { merge: "vector", preconditioner: "roots" },
      arguments: {
        ...shared,
        momentum: { only: 0, otherwise: "There is no momentum after the preconditioner" },
        inv_root_override: { only: 0, otherwise: "The root is twice the number of a block's axes" },
        exponent_multiplier: { only: 1, otherwise: "The root is twice the number of a block's axes" },
        use_nadam: "nadam",
        use_nesterov: { only: false, otherwise: "There is no momentum after the preconditioner" },
        use_decoupled_weight_decay: { only: true, otherwise: "Weight decay is decoupled" },
        use_normalized_grafting: { only: false, otherwise: "Gradients are not normalised for grafting" },
        use_ema_momentum: { only: true, otherwise: "Gradients are averaged, not summed" },
        use_merge_dims: { values: { true: { merge: "vector" }, false: { merge: "none" } } },
      },
    },
  },
  structural: ["blockSize", "eps"],
  idle: ({ grafting }) => [
    ...(keepsSquares(grafting) ? [] : ["graftingEps" as const]),
    ...(grafting === "rmsprop" || grafting === "adam" ? [] : ["graftingBeta2" as const]),
  ],
  // Vectors too have a factor, of all pairs of their elements. Only tensors without elements are left.
  takes: ({ shape }) => elementCount(shape) > 0,
  companion: { rule: gd },
  plan: (parameters, values) => plan(parameters, values),
  latex: ({ preconditioner, grafting, nadam }) => [
    "L_k &= \\beta_2 L_{k-1} + (1-\\beta_2) G_k G_k^\\top, \\quad R_k = \\beta_2 R_{k-1} + (1-\\beta_2) G_k^\\top G_k",
    `\\hat m_k &= \\frac{m_k}{1-\\beta_1^k}, \\quad m_k = \\beta_1 m_{k-1} + (1-\\beta_1) G_k${nadam ? ", \\quad m_k \\to \\beta_1 m_k + (1-\\beta_1) G_k" : ""}`,
    preconditioner === "roots"
      ? "D_k &= \\left(\\tfrac{L_k}{1-\\beta_2^k} + \\varepsilon I\\right)^{-1/4} \\hat m_k \\left(\\tfrac{R_k}{1-\\beta_2^k} + \\varepsilon I\\right)^{-1/4}"
      : "D_k &= Q_L \\frac{Q_L^\\top \\hat m_k Q_R}{\\sqrt{\\hat E_k} + \\varepsilon} Q_R^\\top, \\quad E_k = \\beta_2 E_{k-1} + (1-\\beta_2) (Q_L^\\top G_k Q_R)^2",
    `x_k &= x_{k-1} - \\alpha \\left(${grafting === "none" ? "" : "\\frac{\\|P_k\\|}{\\|D_k\\|} "}D_k + \\lambda x_{k-1}\\right)`,
  ],
  plainFormula: ({ preconditioner, grafting, nadam }) => [
    "L ← β₂·L + (1 − β₂)·GGᵀ; R ← β₂·R + (1 − β₂)·GᵀG",
    "m ← β₁·m + (1 − β₁)·G",
    nadam ? "m̂ = (β₁·m + (1 − β₁)·G)/(1 − β₁ᵏ)" : "m̂ = m/(1 − β₁ᵏ)",
    ...(preconditioner === "roots"
      ? ["D = (L/(1 − β₂ᵏ) + εI)^(−1/4)·m̂·(R/(1 − β₂ᵏ) + εI)^(−1/4), every f updates"]
      : ["E ← β₂·E + (1 − β₂)·(Q_Lᵀ·G·Q_R)²", "D = Q_L·(Q_Lᵀ·m̂·Q_R/(√(E/(1 − β₂ᵏ)) + ε))·Q_Rᵀ"]),
    grafting === "none" ? "x ← x − α·(D + λ·x)" : `x ← x − α·(‖P‖/‖D‖·D + λ·x), P the step of ${grafting}`,
  ],
});

function plan(
  parameters: readonly PlannedParameter[],
  {
    hyper: { blockSize, eps },
    options: { grafting, preconditioner, root, merge, nadam },
  }: PlanValues<Hyper, Options>,
): Bind<Hyper> {
  const corrects = preconditioner === "correctedEigenvalues";
  const planned = parameters.map(({ shape, x, g, state, scratch }) => {
    const merged =
      merge === "none" && shape.length > 0 ? shape : mergeAxes(shape, blockSize, merge === "vector" ? 1 : 2);
    return {
      ...{ x, g, mean: state("mean", shape), filtered: scratch(shape) },
      squares: keepsSquares(grafting) ? state("squares", shape) : undefined,
      grafted: keepsSquares(grafting) ? scratch(shape) : undefined,
      blocks: splitIntoBlocks(merged, blockSize).map((block, index) => ({
        block,
        gradient: scratch(block.shape),
        filtered: scratch(block.shape),
        first: scratch(block.shape),
        second: scratch(block.shape),
        eigenvalues: corrects ? state(`eigenvalues${index}`, block.shape) : undefined,
        axes: block.shape.map((size, axis) => ({
          factor: state(`factor${index}.${axis}`, [size, size]),
          // The inverse root, or the eigenvectors.
          inner: state(`${corrects ? "basis" : "root"}${index}.${axis}`, [size, size], { identity: 1 }),
          corrected: scratch([size, size]),
          values: scratch([size]),
        })),
      })),
    };
  });

  return ({ algebra, hyper: current, view }) => {
    const tensors = planned.map(({ x, g, mean, filtered, squares, grafted, blocks }) => ({
      ...{ x: view(x), gradient: view(g), mean: view(mean), filtered: view(filtered) },
      graft: squares && grafted ? { squares: view(squares), direction: view(grafted) } : undefined,
      blocks: blocks.map((planned) => ({
        ...{ block: planned.block, shape: planned.block.shape },
        gradient: view(planned.gradient),
        filtered: view(planned.filtered),
        buffers: [view(planned.first), view(planned.second)] as const,
        eigenvalues: planned.eigenvalues && view(planned.eigenvalues),
        axes: planned.axes.map(({ factor, inner, corrected, values }) => ({
          factor: matrixAt({ view }, factor),
          inner: matrixAt({ view }, inner),
          corrected: matrixAt({ view }, corrected),
          values: view(values),
        })),
      })),
    }));
    const blocks = tensors.flatMap((tensor) => tensor.blocks.map((block) => ({ ...block, tensor })));
    const axes = blocks.flatMap(({ shape, axes: own }) =>
      own.map((axis) => ({ ...axis, root: 2 * shape.length })),
    );

    const firstStep = () => (current.start < 1 ? current.frequency : current.start);
    const preconditions = (step: number) => step >= firstStep();
    const refreshes = (step: number) =>
      preconditions(step) && (step === firstStep() || step % current.frequency === 0);
    /** What the averages of squares are divided by. */
    const correction = (step: number) => (current.beta2 === 1 ? 1 : 1 - current.beta2 ** step);

    const average = (step: number) => {
      const { beta1 } = current;
      const bias = 1 - beta1 ** step;
      for (const { gradient, mean, filtered, graft: grafted } of tensors) {
        for (let i = 0; i < mean.length; i++) {
          const g = gradient[i] ?? 0;
          const next = beta1 * (mean[i] ?? 0) + (1 - beta1) * g;
          mean[i] = next;
          filtered[i] = (nadam ? beta1 * next + (1 - beta1) * g : next) / bias;
        }
        if (grafted === undefined) continue;
        grafted.direction.set(filtered);
        graft(
          grafting,
          { gradient, ...grafted },
          { beta2: current.graftingBeta2, eps: current.graftingEps },
          step,
        );
      }
    };
    const coefficients = { decay: 0, weight: 0 };
    const takeBlocks = () => {
      coefficients.decay = current.beta2;
      coefficients.weight = current.beta2 === 1 ? 1 : 1 - current.beta2;
      for (const { block, tensor, gradient, filtered } of blocks) {
        gather(block, tensor.gradient, gradient);
        gather(block, tensor.filtered, filtered);
      }
    };
    const accumulate = gramOfAxes(
      algebra,
      blocks.map(({ shape, axes: own, gradient, buffers }) => ({
        ...{ shape, matrices: own.map(({ factor }) => factor), input: gradient, buffer: buffers[0] },
      })),
      coefficients,
    );
    const correct = (step: number) => {
      const scale = 1 / correction(step);
      for (const { factor, corrected } of axes)
        for (let i = 0; i < corrected.values.length; i++)
          corrected.values[i] = scale * (factor.values[i] ?? 0);
    };
    const refresh = corrects
      ? algebra.symmetricEigen(
          axes.map(({ corrected, inner, values }) => ({ matrix: corrected, vectors: inner, values })),
        )
      : algebra.inverseRoot(
          axes.map(({ corrected, inner, root: order }) => ({
            matrix: corrected,
            result: inner,
            root: order,
          })),
          { method: root, epsilon: eps },
        );

    const multiplied = (inputOf: (block: (typeof blocks)[number]) => Values) =>
      multiplyAxes(
        algebra,
        blocks.map((block) => ({
          ...{ shape: block.shape, matrices: block.axes.map(({ inner }) => inner), buffers: block.buffers },
          input: inputOf(block),
        })),
      );
    const inner = multiplied(({ filtered }) => filtered);
    const outer = corrects
      ? multiplyAxes(
          algebra,
          inner.results.map((result) => ({ ...result, transpose: true })),
        )
      : { stages: [], results: inner.results };
    const projected = multiplied(({ gradient }) => gradient);
    const averageSquares = () => {
      for (const [index, { eigenvalues }] of blocks.entries()) {
        const gradient = projected.results[index]?.input;
        if (eigenvalues === undefined || gradient === undefined) continue;
        for (let i = 0; i < eigenvalues.length; i++)
          eigenvalues[i] =
            coefficients.decay * (eigenvalues[i] ?? 0) + coefficients.weight * (gradient[i] ?? 0) ** 2;
      }
    };
    const divideByRoots = (step: number) => {
      const scale = 1 / correction(step);
      for (const [index, { eigenvalues }] of blocks.entries()) {
        const direction = inner.results[index]?.input;
        if (eigenvalues === undefined || direction === undefined) continue;
        for (let i = 0; i < direction.length; i++)
          direction[i] = (direction[i] ?? 0) / (Math.sqrt(scale * (eigenvalues[i] ?? 0)) + eps);
      }
    };

    /** The step of the grafted method alone. */
    const applyGraft = () => {
      for (const { x, filtered, graft: grafted } of tensors) {
        const direction = grafted?.direction ?? filtered;
        for (let i = 0; i < x.length; i++)
          x[i] = (x[i] ?? 0) - current.lr * ((direction[i] ?? 0) + current.weightDecay * (x[i] ?? 0));
      }
    };
    const apply = () => {
      for (const { x } of tensors)
        for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) * (1 - current.lr * current.weightDecay);
      for (const [index, { block, tensor }] of blocks.entries()) {
        const direction = outer.results[index]?.input;
        if (direction === undefined) continue;
        const size =
          grafting === "none"
            ? 1
            : blockNorm(block, tensor.graft?.direction ?? tensor.filtered) / (norm(direction) + 1e-16);
        addBlock(block, direction, -current.lr * size, tensor.x);
      }
    };
    return [
      ...[average, takeBlocks, ...accumulate],
      { when: refreshes, stages: [correct, refresh] },
      ...(corrects ? [...projected.stages, averageSquares] : []),
      {
        when: preconditions,
        stages: [...inner.stages, ...(corrects ? [divideByRoots] : []), ...outer.stages, apply],
      },
      { when: (step) => !preconditions(step), stages: [applyGraft] },
    ];
  };
}
