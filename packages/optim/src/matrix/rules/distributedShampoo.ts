import type { OptionValues } from "../../language/defineRule.js";
import { add, div, ema, mul, pow, select, sqrt, square, sub } from "../../language/expression.js";
import {
  choice,
  count,
  decayRate,
  flag,
  fraction,
  nonNegative,
  real,
  stepSize,
} from "../../language/hyper.js";
import type { ArgumentMapping } from "../../language/rule.js";
import { elementCount } from "../../parameter.js";
import { gd } from "../../rules/gd.js";
import { gramOfAxes, multiplyAxes } from "../axes.js";
import { gather, isContiguous, mergeAxes, scatter, splitIntoBlocks } from "../blocks.js";
import { elements, scalars } from "../elementwise.js";
import { graftSquares, keepsSquares } from "../grafting.js";
import {
  type Bind,
  defineMatrixRule,
  type Place,
  type PlannedParameter,
  type PlanValues,
} from "../matrixRule.js";
import { matrixAt } from "../shapes.js";

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
  degree: choice(["axes", "two"], "inverse roots of twice as many degrees as there are axes, or of two"),
  merge: choice(
    ["matrix", "vector", "none"],
    "merge neighbouring axes up to a block's size while more than two are left; while more than one is; or never",
  ),
  nadam: flag(false, "precondition β₁m + (1−β₁)g instead of m"),
} as const;

/** The degree of the roots of a matrix. */
const degrees = { axes: 4, two: 2 } as const;

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
        inv_root_override: { values: { 0: { degree: "axes" }, 2: { degree: "two" } } },
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
  rowsApart: ({ blockSize = 1 }) => blockSize,
  idle: ({ grafting }) => [
    ...(keepsSquares(grafting) ? [] : ["graftingEps" as const]),
    ...(grafting === "rmsprop" || grafting === "adam" ? [] : ["graftingBeta2" as const]),
  ],
  // Vectors too have a factor, of all pairs of their elements. Only tensors without elements are left.
  takes: ({ shape }) => elementCount(shape) > 0,
  companion: { rule: gd },
  plan: (parameters, values) => plan(parameters, values),
  latex: ({ preconditioner, grafting, degree, nadam }) => [
    "L_k &= \\beta_2 L_{k-1} + (1-\\beta_2) G_k G_k^\\top, \\quad R_k = \\beta_2 R_{k-1} + (1-\\beta_2) G_k^\\top G_k",
    `\\hat m_k &= \\frac{m_k}{1-\\beta_1^k}, \\quad m_k = \\beta_1 m_{k-1} + (1-\\beta_1) G_k${nadam ? ", \\quad m_k \\to \\beta_1 m_k + (1-\\beta_1) G_k" : ""}`,
    preconditioner === "roots"
      ? `D_k &= \\left(\\tfrac{L_k}{1-\\beta_2^k} + \\varepsilon I\\right)^{-1/${degrees[degree]}} \\hat m_k \\left(\\tfrac{R_k}{1-\\beta_2^k} + \\varepsilon I\\right)^{-1/${degrees[degree]}}`
      : "D_k &= Q_L \\frac{Q_L^\\top \\hat m_k Q_R}{\\sqrt{\\hat E_k} + \\varepsilon} Q_R^\\top, \\quad E_k = \\beta_2 E_{k-1} + (1-\\beta_2) (Q_L^\\top G_k Q_R)^2",
    `x_k &= x_{k-1} - \\alpha \\left(${grafting === "none" ? "" : "\\frac{\\|P_k\\|}{\\|D_k\\|} "}D_k + \\lambda x_{k-1}\\right)`,
  ],
  plainFormula: ({ preconditioner, grafting, degree, nadam }) => [
    "L ← β₂·L + (1 − β₂)·GGᵀ; R ← β₂·R + (1 − β₂)·GᵀG",
    "m ← β₁·m + (1 − β₁)·G",
    nadam ? "m̂ = (β₁·m + (1 − β₁)·G)/(1 − β₁ᵏ)" : "m̂ = m/(1 − β₁ᵏ)",
    ...(preconditioner === "roots"
      ? [
          `D = (L/(1 − β₂ᵏ) + εI)^(−1/${degrees[degree]})·m̂·(R/(1 − β₂ᵏ) + εI)^(−1/${degrees[degree]}), every f updates`,
        ]
      : ["E ← β₂·E + (1 − β₂)·(Q_Lᵀ·G·Q_R)²", "D = Q_L·(Q_Lᵀ·m̂·Q_R/(√(E/(1 − β₂ᵏ)) + ε))·Q_Rᵀ"]),
    grafting === "none" ? "x ← x − α·(D + λ·x)" : `x ← x − α·(‖P‖/‖D‖·D + λ·x), P the step of ${grafting}`,
  ],
});

function plan(
  parameters: readonly PlannedParameter[],
  {
    hyper: { blockSize, eps },
    options: { grafting, preconditioner, root, degree, merge, nadam },
    elementwise,
    part,
  }: PlanValues<Hyper, Options>,
): Bind<Hyper> {
  const corrects = preconditioner === "correctedEigenvalues";
  const tensors = parameters.map(({ shape, x, g, state, scratch }) => {
    const filtered = scratch(shape);
    const squares = keepsSquares(grafting)
      ? { squares: state("squares", shape), grafted: scratch(shape) }
      : {};
    const arrays = { g, mean: state("mean", shape), filtered, ...squares };
    const merged =
      merge === "none" && shape.length > 0 ? shape : mergeAxes(shape, blockSize, merge === "vector" ? 1 : 2);
    const split = splitIntoBlocks(merged, blockSize);
    return {
      ...{ shape, state, scratch, x, arrays, split, graft: squares.grafted ?? filtered },
      // Blocks whose elements lie together are parts of the tensor's arrays, others are copied.
      inPlace: split.every(isContiguous),
    };
  });
  // Kind by kind from here on, so that the arrays of equal blocks lie next to each other: one batch of the
  // linear algebra.
  const blocks = tensors
    .flatMap((tensor) => {
      const { inPlace, scratch, split } = tensor;
      return split.map((block, index) => {
        const { shape, start } = block;
        const placeOf = (of: Place) => (inPlace ? part(of, start, shape) : scratch(shape));
        return { ...{ block, index, tensor, shape }, placeOf };
      });
    })
    .map((each) => ({ ...each, g: each.placeOf(each.tensor.arrays.g) }))
    .map((each) => ({ ...each, filtered: each.placeOf(each.tensor.arrays.filtered) }))
    .map((each) => {
      const { tensor, filtered, placeOf } = each;
      return { ...each, graft: tensor.graft === tensor.arrays.filtered ? filtered : placeOf(tensor.graft) };
    })
    .map((each) => ({ ...each, first: each.tensor.scratch(each.shape) }))
    .map((each) => ({ ...each, second: each.tensor.scratch(each.shape) }))
    .map((each) => {
      const eigenvalues = corrects ? each.tensor.state(`eigenvalues${each.index}`, each.shape) : undefined;
      // Where `multiplyAxes` leaves what it multiplies once, and once more.
      const once = each.shape.length % 2 === 1 ? each.first : each.second;
      return { ...each, eigenvalues, once, direction: corrects ? each.second : once };
    });
  const order = Math.max(0, ...blocks.map(({ shape }) => shape.length));
  const axes = Array.from({ length: order }, (_, axis) =>
    blocks.flatMap((block) => {
      const size = block.shape[axis];
      return size === undefined
        ? []
        : [{ block, name: `${block.index}.${axis}`, square: [size, size], size, ...block.tensor }];
    }),
  )
    .flat()
    .map((axis) => ({ ...axis, factor: axis.state(`factor${axis.name}`, axis.square) }))
    .map((axis) => ({
      ...axis,
      // The inverse root, or the eigenvectors.
      inner: axis.state(`${corrects ? "basis" : "root"}${axis.name}`, axis.square, { identity: 1 }),
    }))
    .map((axis) => ({ ...axis, corrected: axis.scratch(axis.square), values: axis.scratch([axis.size]) }));

  const { x, g, mean, factor, eigenvalues, direction, graft } = elements(
    ...(["x", "g", "mean", "factor", "eigenvalues", "direction", "graft"] as const),
  );
  const { k, lr, beta1, beta2, weightDecay } = scalars("k", "lr", "beta1", "beta2", "weightDecay");
  const nextMean = ema(mean, g, beta1);
  const filtered = div(nadam ? ema(nextMean, g, beta1) : nextMean, sub(1, pow(beta1, k)));
  const average = elementwise(
    {
      assign: {
        mean: nextMean,
        filtered,
        ...(keepsSquares(grafting) ? graftSquares(grafting, filtered) : {}),
      },
    },
    tensors.map(({ arrays }) => ({ arrays })),
  );
  /** What averages of squares are divided by. */
  const correction = select(beta2, "equal", 1, 1, sub(1, pow(beta2, k)));
  const correct = elementwise(
    { assign: { corrected: div(factor, correction) } },
    axes.map(({ factor, corrected }) => ({ arrays: { factor, corrected } })),
  );
  const weight = select(beta2, "equal", 1, 1, sub(1, beta2));
  const spectra = blocks.flatMap(({ eigenvalues, once }) =>
    eigenvalues === undefined ? [] : [{ arrays: { eigenvalues, direction: once } }],
  );
  const averageSquares = elementwise(
    { assign: { eigenvalues: add(mul(beta2, eigenvalues), mul(weight, square(direction))) } },
    spectra,
  );
  const divideByRoots = elementwise(
    { assign: { direction: div(direction, add(sqrt(div(eigenvalues, correction)), eps)) } },
    spectra,
  );
  /** The step of the grafted method alone. */
  const applyGraft = elementwise(
    { assign: { x: sub(x, mul(lr, add(graft, mul(weightDecay, x)))) } },
    tensors.map(({ x, graft }) => ({ arrays: { x, graft } })),
  );
  const { graftSum, ownSum } = scalars("graftSum", "ownSum");
  const size = grafting === "none" ? 1 : div(sqrt(graftSum), add(sqrt(ownSum), leastNorm));
  const step = mul(mul(lr, size), direction);
  const sums = { graftSum: square(graft), ownSum: square(direction) };
  const decayed = mul(x, sub(1, mul(lr, weightDecay)));
  const applyInPlace = elementwise(
    { sums, assign: { x: sub(decayed, step) } },
    blocks.flatMap(({ tensor: { x, inPlace }, block, graft, direction }) =>
      inPlace ? [{ arrays: { x: part(x, block.start, block.shape), graft, direction } }] : [],
    ),
  );
  const scaleCopied = elementwise(
    { sums, assign: { direction: step } },
    blocks.flatMap(({ tensor, graft, direction }) =>
      tensor.inPlace ? [] : [{ arrays: { graft, direction } }],
    ),
  );
  // The graft's own array is not needed any more by then.
  const applyCopied = elementwise(
    { assign: { x: sub(decayed, graft) } },
    tensors.flatMap(({ x, graft, inPlace }) => (inPlace ? [] : [{ arrays: { x, graft } }])),
  );

  return ({ algebra, hyper: current, view, move }) => {
    const tools = { algebra, move };
    const copied = blocks.filter(({ tensor }) => !tensor.inPlace);
    const takeBlocks = move(
      copied.flatMap(({ block, tensor, g, filtered, graft }) => [
        gather(block, view(tensor.arrays.g), view(g)),
        gather(block, view(tensor.arrays.filtered), view(filtered)),
        ...(graft === filtered ? [] : [gather(block, view(tensor.graft), view(graft))]),
      ]),
    );
    const putBlocks = move(
      copied.map(({ block, tensor, direction }) => scatter(block, view(direction), view(tensor.graft))),
    );
    const coefficients = { decay: 0, weight: 0 };
    const setCoefficients = () => {
      coefficients.decay = current.beta2;
      coefficients.weight = current.beta2 === 1 ? 1 : 1 - current.beta2;
    };

    const bound = axes.map(({ block, factor, inner, corrected, values }) => ({
      ...{ block, root: degree === "two" ? 2 : 2 * block.shape.length, values: view(values) },
      factor: matrixAt({ view }, factor),
      inner: matrixAt({ view }, inner),
      corrected: matrixAt({ view }, corrected),
    }));
    const axesOf = (block: (typeof blocks)[number]) => bound.filter((axis) => axis.block === block);
    const accumulate = gramOfAxes(
      tools,
      blocks.map((block) => ({
        ...{ shape: block.shape, matrices: axesOf(block).map(({ factor }) => factor) },
        ...{ input: view(block.g), buffer: view(block.first) },
      })),
      coefficients,
    );
    const refresh = corrects
      ? algebra.symmetricEigen(
          bound.map(({ corrected, inner, values }) => ({ matrix: corrected, vectors: inner, values })),
        )
      : algebra.inverseRoot(
          bound.map(({ corrected, inner, root: order }) => ({
            matrix: corrected,
            result: inner,
            root: order,
          })),
          { method: root, epsilon: eps },
        );
    const multiplied = (inputOf: (block: (typeof blocks)[number]) => Place) =>
      multiplyAxes(
        tools,
        blocks.map((block) => ({
          ...{ shape: block.shape, matrices: axesOf(block).map(({ inner }) => inner) },
          ...{ input: view(inputOf(block)), buffers: [view(block.first), view(block.second)] as const },
          symmetric: !corrects,
        })),
      );
    const inner = multiplied(({ filtered }) => filtered);
    const outer = corrects
      ? multiplyAxes(
          tools,
          inner.results.map((result) => ({ ...result, transpose: true })),
        ).stages
      : [];
    const projected = multiplied(({ g }) => g).stages;

    const firstStep = () => (current.start < 1 ? current.frequency : current.start);
    const preconditions = (step: number) => step >= firstStep();
    const refreshes = (step: number) =>
      preconditions(step) && (step === firstStep() || step % current.frequency === 0);
    return [
      ...[average, setCoefficients, takeBlocks, ...accumulate],
      { when: refreshes, stages: [correct, refresh] },
      ...(corrects ? [...projected, averageSquares] : []),
      {
        when: preconditions,
        stages: [
          ...inner.stages,
          ...(corrects ? [divideByRoots] : []),
          ...[...outer, applyInPlace, scaleCopied, putBlocks, applyCopied],
        ],
      },
      { when: (step) => !preconditions(step), stages: [applyGraft] },
    ];
  };
}

/** Added to the norm of a direction that is scaled to another's. */
const leastNorm = 1e-16;
