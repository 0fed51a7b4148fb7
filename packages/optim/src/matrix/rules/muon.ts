import { ema, mul, sub, variable } from "../../language/expression.js";
import { choice, count, decayRate, flag, nonNegative, stepSize } from "../../language/hyper.js";
import { adamw } from "../../rules/adamw.js";
import { elements, scalars } from "../elementwise.js";
import { defineMatrixRule } from "../matrixRule.js";
import { flattened, isMatrix, matrixAt } from "../shapes.js";

/** How an orthogonal direction is scaled to the shape of its parameter. */
const scales = {
  tall: (shape: readonly number[]) => {
    const { rows, columns } = flattened(shape);
    return Math.sqrt(Math.max(1, rows / columns));
  },
  lastAxes: (shape: readonly number[]) => {
    const [height = 1, width = 1] = shape.slice(-2);
    return Math.sqrt(Math.max(1, height / width));
  },
  rms: (shape: readonly number[]) => {
    const { rows, columns } = flattened(shape);
    return 0.2 * Math.sqrt(Math.max(rows, columns));
  },
  none: () => 1,
} as const;

/**
 * Newton–Schulz's five steps leave singular values near 1, not at it; that does not hurt, since any step of
 * about the same size in all directions will do.
 */
export const muon = defineMatrixRule({
  name: "muon",
  title: "Muon",
  summary: "the momentum of a matrix, orthogonalised: a step of the same size in every singular direction",
  cite: {
    authors: "Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein",
    year: 2024,
    title: "Muon: An optimizer for hidden layers in neural networks",
    url: "https://kellerjordan.github.io/posts/muon/",
  },
  hyper: {
    lr: stepSize(0.02),
    momentum: decayRate(0.95, "\\mu", "decay of the mean of gradients"),
    weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay, of every parameter"),
    steps: count(5, "N", "steps of Newton–Schulz or Polar Express"),
    adamLr: stepSize(3e-4, "\\alpha_A", "AdamW's step size, for embeddings, heads and vectors"),
    adamBeta1: decayRate(0.9, "\\beta_1", "AdamW's decay of the mean of gradients"),
    adamBeta2: decayRate(0.95, "\\beta_2", "AdamW's decay of the mean of squared gradients"),
    adamEps: nonNegative(1e-10, "\\varepsilon", "AdamW's ε, added to the root of v̂"),
  },
  options: {
    method: choice(
      ["newtonSchulz", "polarExpress", "svd"],
      "Jordan's quintic Newton–Schulz, the best coefficients for each step (Amsel et al. 2025), or exactly UVᵀ",
    ),
    nesterov: flag(true, "orthogonalise (1−μ)g + μm instead of m"),
    scale: choice(
      ["tall", "lastAxes", "rms", "none"],
      "s = √max(1, rows/columns); the same of the last two axes, for a convolution its kernel's (Jordan's code); 0.2√max(rows, columns), which has AdamW's RMS (Moonlight); or 1",
    ),
  },
  presets: {
    authors: {
      values: { lr: 0.02, momentum: 0.95, weightDecay: 0, scale: "lastAxes" },
      arguments: { lr: "lr", weight_decay: "weightDecay", momentum: "momentum" },
    },
    torch: {
      values: { lr: 1e-3, momentum: 0.95, weightDecay: 0.1, scale: "tall" },
      arguments: {
        lr: "lr",
        weight_decay: "weightDecay",
        momentum: "momentum",
        nesterov: "nesterov",
        ns_steps: "steps",
        eps: { only: 1e-7, otherwise: "The epsilon beside the norm is fixed" },
        adjust_lr_fn: {
          values: {
            null: { scale: "tall" },
            original: { scale: "tall" },
            match_rms_adamw: { scale: "rms" },
          },
        },
      },
    },
  },
  structural: ["steps"],
  // The momentum is divided by its norm before anything is multiplied.
  squaresGradients: false,
  learningRates: ["lr", "adamLr"],
  idle: ({ method }) => (method === "svd" ? ["steps"] : []),
  takes: (parameter) =>
    (parameter.role === "hiddenMatrix" || parameter.role === "convolution") && isMatrix(parameter),
  companion: {
    rule: adamw,
    hyper: { lr: "adamLr", beta1: "adamBeta1", beta2: "adamBeta2", eps: "adamEps", epsRoot: 0 },
  },
  plan: (parameters, { hyper: { steps }, options: { method, nesterov, scale }, elementwise }) => {
    const planned = parameters.map(({ shape, x, g, state, scratch }) => ({
      ...{ x, g, momentum: state("momentum", shape), mean: scratch(shape), direction: scratch(shape) },
      scalars: { scale: scales[scale](shape) },
    }));
    const {
      momentum: decay,
      lr,
      weightDecay,
      scale: factor,
    } = scalars("momentum", "lr", "weightDecay", "scale");
    const { x, g, momentum, direction } = elements("x", "g", "momentum", "direction");
    const next = ema(momentum, g, decay);
    const average = elementwise(
      { assign: { momentum: next, mean: nesterov ? ema(g, next, sub(1, decay)) : next } },
      planned.map(({ g, momentum, mean }) => ({ arrays: { g, momentum, mean } })),
    );
    const apply = elementwise(
      {
        scalars: { keep: sub(1, mul(lr, weightDecay)), rate: mul(lr, factor) },
        assign: { x: sub(mul(variable("scalar", "keep"), x), mul(variable("scalar", "rate"), direction)) },
      },
      planned.map(({ x, direction, scalars: own }) => ({ arrays: { x, direction }, scalars: own })),
    );
    return ({ algebra, view }) => {
      const tasks = planned.map((arrays) => ({
        matrix: matrixAt({ view }, arrays.mean),
        result: matrixAt({ view }, arrays.direction),
      }));
      return [
        average,
        algebra.orthogonalise(tasks, method === "svd" ? { method } : { method, steps }),
        apply,
      ];
    };
  },
  latex: ({ method, nesterov, scale }) => [
    "m_k &= \\mu m_{k-1} + (1-\\mu) g_k",
    ...(nesterov ? ["u_k &= (1-\\mu) g_k + \\mu m_k"] : []),
    `O_k &= ${method === "svd" ? "UV^\\top" : `\\mathrm{${method === "newtonSchulz" ? "NS" : "PE"}}_N`}(${nesterov ? "u_k" : "m_k"})`,
    `x_k &= x_{k-1} - \\alpha ${scale === "none" ? "" : "s\\,"}O_k`,
  ],
  plainFormula: ({ method, nesterov, scale }) => [
    "m ← μ·m + (1 − μ)·g",
    ...(nesterov ? ["u = (1 − μ)·g + μ·m"] : []),
    `O = ${{ newtonSchulz: "NewtonSchulz", polarExpress: "PolarExpress", svd: "UVᵀ" }[method]}(${nesterov ? "u" : "m"})`,
    `x ← x − α·${scale === "none" ? "" : "s·"}O`,
  ],
});
