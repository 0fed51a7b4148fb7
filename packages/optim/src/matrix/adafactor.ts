import type { Values } from "../backends/backend.js";
import { choice, count, decayRate, flag, nonNegative, positive, real, stepSize } from "../language/hyper.js";
import { elementCount } from "../parameter.js";
import { sgd } from "../rules/sgd.js";
import { type Factoring, factoring } from "./factors.js";
import { defineMatrixRule } from "./matrixRule.js";

const rootMeanSquare = (values: Values): number => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i] ?? 0) ** 2;
  return Math.sqrt(total / values.length);
};

/** The means of squares of one parameter, and what it is made of. */
interface Arrays {
  readonly factors: Factoring | undefined;
  readonly x: Values;
  readonly g: Values;
  readonly direction: Values;
  /** Means of squares along rows, [slices, rows], or of each element. */
  readonly first: Values;
  /** Along columns, [slices, columns]; empty where nothing is factored. */
  readonly second: Values;
  readonly momentum: Values | undefined;
}

interface Squares {
  /** The weight of what was. */
  readonly keep: number;
  /** Added to squares. */
  readonly added: number;
  /** Below which the mean of a factor does not fall. */
  readonly leastMean: number;
  /** Below which a mean of squares does not fall. */
  readonly least: number;
}

/** Averages the squares and writes g/√v to the direction. */
function divideByRoot({ factors, g, direction, first, second }: Arrays, squares: Squares): void {
  const { keep, added, leastMean, least } = squares;
  if (factors === undefined) {
    for (let i = 0; i < g.length; i++) {
      const gradient = g[i] ?? 0;
      const mean = keep * (first[i] ?? 0) + (1 - keep) * (gradient * gradient + added);
      first[i] = mean;
      direction[i] = gradient / Math.sqrt(Math.max(mean, least));
    }
    return;
  }
  const { rows, columns, rowStride, columnStride, slices } = factors;
  for (let s = 0; s < slices.length; s++) {
    const start = slices[s] ?? 0;
    for (let j = 0; j < columns; j++) {
      const place = s * columns + j;
      second[place] = keep * (second[place] ?? 0);
    }
    let rowMeans = 0;
    for (let i = 0; i < rows; i++) {
      let total = 0;
      for (let j = 0; j < columns; j++) {
        const square = (g[start + i * rowStride + j * columnStride] ?? 0) ** 2 + added;
        total += square;
        second[s * columns + j] = (second[s * columns + j] ?? 0) + ((1 - keep) * square) / rows;
      }
      const mean = keep * (first[s * rows + i] ?? 0) + ((1 - keep) * total) / columns;
      first[s * rows + i] = mean;
      rowMeans += mean;
    }
    const whole = Math.max(rowMeans / rows, leastMean);
    for (let i = 0; i < rows; i++) {
      const row = (first[s * rows + i] ?? 0) / whole;
      for (let j = 0; j < columns; j++) {
        const place = start + i * rowStride + j * columnStride;
        const mean = row * (second[s * columns + j] ?? 0);
        direction[place] = (g[place] ?? 0) / Math.sqrt(Math.max(mean, least));
      }
    }
  }
}

/** Adafactor: of a matrix' squared gradients only the means of rows and of columns are kept. It has three semantics; the options tell them apart. */
export const adafactor = defineMatrixRule({
  name: "adafactor",
  title: "Adafactor",
  summary:
    "gradients over the root of their mean squares, of which a matrix keeps those of rows and of columns",
  cite: {
    authors: "Shazeer, Stern",
    year: 2018,
    title: "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
    url: "https://arxiv.org/abs/1804.04235",
  },
  hyper: {
    lr: stepSize(0.01),
    decayExponent: real(0.8, "c", "means of squares decay by 1 − k^(−|c|)"),
    eps: nonNegative(1e-30, "\\varepsilon_1", "keeps means of squares above 0; option epsilon says how"),
    epsScale: nonNegative(1e-3, "\\varepsilon_2", "least size of a parameter that steps are scaled by"),
    clip: positive(1, "d", "largest root mean square of a direction"),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean of steps, where there is one"),
    weightDecay: nonNegative(0, "\\lambda", "weight decay; option decayBy says in what units"),
    leastAxis: count(1, "n_{\\min}", "axes shorter than this are not factored"),
  },
  options: {
    factors: choice(
      ["lastTwo", "largestTwo", "none"],
      "axes whose means are kept: the last two (paper, torch), the two longest (optax), or none",
    ),
    epsilon: choice(
      ["added", "clamped"],
      "ε₁ is added to squares (paper, optax), or is the least mean of a factor and its square the least mean of squares (torch)",
    ),
    rate: choice(["relative", "constant"], "ρ = min(α, 1/√k) (paper, torch), or α (optax)"),
    scaleParameter: flag(true, "steps are multiplied by the parameter's root mean square, at least ε₂"),
    momentum: flag(false, "steps are averaged"),
    cautious: flag(
      false,
      "coordinates of the averaged step that the gradient contradicts stay; the rest step further",
    ),
    decayBy: choice(
      ["step", "lr", "one"],
      "x shrinks by λ times the step size (paper's form in transformers), times α (torch), or λ itself (optax)",
    ),
  },
  presets: {
    torch: {
      values: {
        ...{ lr: 0.01, decayExponent: -0.8, eps: 2 ** -23, epsScale: 1e-3, clip: 1, weightDecay: 0 },
        ...{ leastAxis: 1, factors: "lastTwo", epsilon: "clamped", rate: "relative", scaleParameter: true },
        ...{ momentum: false, cautious: false, decayBy: "lr" },
      },
      arguments: {
        lr: "lr",
        beta2_decay: "decayExponent",
        eps: { tuple: ["eps", "epsScale"] },
        d: "clip",
        weight_decay: "weightDecay",
        maximize: { only: false, otherwise: "Negate the objective: every rule here minimises" },
      },
    },
    transformers: {
      values: {
        ...{ lr: 0.01, decayExponent: -0.8, eps: 1e-30, epsScale: 1e-3, clip: 1, weightDecay: 0 },
        ...{ leastAxis: 1, factors: "lastTwo", epsilon: "added", rate: "relative", scaleParameter: true },
        ...{ momentum: false, cautious: false, decayBy: "step" },
      },
      arguments: {
        lr: { name: "lr", enables: { rate: "constant" } },
        eps: { tuple: ["eps", "epsScale"] },
        clip_threshold: "clip",
        decay_rate: "decayExponent",
        beta1: { name: "beta1", enables: { momentum: true } },
        weight_decay: "weightDecay",
        scale_parameter: "scaleParameter",
        relative_step: { values: { true: {}, false: { rate: "constant" } } },
        warmup_init: { only: false, otherwise: "Give a schedule" },
      },
    },
    optax: {
      values: {
        ...{ lr: 0.01, decayExponent: 0.8, eps: 1e-30, epsScale: 1e-3, clip: 1, weightDecay: 0 },
        ...{ leastAxis: 128, factors: "largestTwo", epsilon: "added", rate: "constant" },
        ...{ scaleParameter: true, momentum: false, cautious: false, decayBy: "one" },
      },
      arguments: {
        learning_rate: "lr",
        min_dim_size_to_factor: "leastAxis",
        decay_rate: "decayExponent",
        decay_offset: { only: 0, otherwise: "Means of squares begin at step 1" },
        multiply_by_parameter_scale: "scaleParameter",
        clipping_threshold: "clip",
        momentum: { name: "beta1", enables: { momentum: true } },
        weight_decay_rate: { name: "weightDecay", enables: {} },
        eps: "eps",
        factored: { values: { true: { factors: "largestTwo" }, false: { factors: "none" } } },
      },
    },
  },
  structural: ["leastAxis"],
  idle: ({ factors, scaleParameter, momentum, cautious }) => [
    ...(factors === "none" ? (["leastAxis"] as const) : []),
    ...(scaleParameter ? [] : (["epsScale"] as const)),
    ...(momentum || cautious ? [] : (["beta1"] as const)),
  ],
  takes: ({ shape }) => elementCount(shape) > 0,
  // Of tensors without elements, the only ones left.
  companion: { rule: sgd, hyper: { weightDecay: 0 } },
  plan: (parameters, { hyper: { leastAxis }, options }) => {
    const { epsilon, rate, scaleParameter, cautious, decayBy } = options;
    // A mask of the step needs the averaged step.
    const momentum = options.momentum || cautious;
    const planned = parameters.map(({ shape, x, g, state, scratch }) => {
      const factors = factoring(shape, options.factors, leastAxis);
      const count = factors?.slices.length ?? 0;
      return {
        ...{ x, g, factors, direction: scratch(shape) },
        first: factors === undefined ? state("squares", shape) : state("rows", [count, factors.rows]),
        second: factors && state("columns", [count, factors.columns]),
        momentum: momentum ? state("momentum", shape) : undefined,
      };
    });
    return ({ hyper, view }) => {
      const arrays = planned.map(
        ({ factors, x, g, direction, first, second, momentum: mean }): Arrays => ({
          ...{ factors, x: view(x), g: view(g), direction: view(direction), first: view(first) },
          second: second === undefined ? new Float64Array(0) : view(second),
          momentum: mean && view(mean),
        }),
      );
      const update = (each: Arrays, step: number): void => {
        const { lr, decayExponent, eps, epsScale, clip, beta1, weightDecay } = hyper;
        const { x, g, direction, momentum: mean } = each;
        const isAdded = epsilon === "added";
        divideByRoot(each, {
          keep: 1 - step ** -Math.abs(decayExponent),
          added: isAdded ? eps : 0,
          leastMean: isAdded ? 0 : eps,
          least: isAdded ? 0 : eps * eps,
        });
        const relative = rate === "relative" ? Math.min(lr, 1 / Math.sqrt(step)) : lr;
        const size = scaleParameter ? relative * Math.max(epsScale, rootMeanSquare(x)) : relative;
        const scale = size / Math.max(1, rootMeanSquare(direction) / clip);
        const shrink = 1 - weightDecay * { step: size, lr, one: 1 }[decayBy];
        if (mean === undefined) {
          for (let i = 0; i < x.length; i++) x[i] = shrink * (x[i] ?? 0) - scale * (direction[i] ?? 0);
          return;
        }
        let agreeing = 0;
        for (let i = 0; i < x.length; i++) {
          const averaged = beta1 * (mean[i] ?? 0) + (1 - beta1) * scale * (direction[i] ?? 0);
          mean[i] = averaged;
          if (averaged * (g[i] ?? 0) > 0) agreeing++;
        }
        const further = x.length / (agreeing + 1);
        for (let i = 0; i < x.length; i++) {
          const averaged = mean[i] ?? 0;
          const masked = averaged * (g[i] ?? 0) > 0 ? averaged * further : 0;
          x[i] = shrink * (x[i] ?? 0) - (cautious ? masked : averaged);
        }
      };
      return [
        (step) => {
          for (const each of arrays) update(each, step);
        },
      ];
    };
  },
  latex: ({ factors, rate, scaleParameter }) => [
    "\\beta_k &= 1 - k^{-|c|}",
    ...(factors === "none"
      ? ["V_k &= \\beta_k V_{k-1} + (1-\\beta_k) g_k^2"]
      : [
          "r_k &= \\beta_k r_{k-1} + (1-\\beta_k) \\operatorname{mean}_{\\mathrm{rows}} g_k^2",
          "c_k &= \\beta_k c_{k-1} + (1-\\beta_k) \\operatorname{mean}_{\\mathrm{columns}} g_k^2",
          "V_k &= r_k c_k^\\top / \\operatorname{mean} r_k",
        ]),
    "u_k &= g_k / \\sqrt{V_k}",
    `\\alpha_k &= ${scaleParameter ? "\\max(\\varepsilon_2, \\operatorname{RMS}(x_{k-1}))\\," : ""}${rate === "relative" ? "\\min(\\alpha, 1/\\sqrt{k})" : "\\alpha"}`,
    "x_k &= x_{k-1} - \\alpha_k u_k / \\max(1, \\operatorname{RMS}(u_k)/d)",
  ],
  plainFormula: ({ factors, rate, scaleParameter }) => [
    "βₖ = 1 − k^(−|c|)",
    ...(factors === "none"
      ? ["V ← βₖ·V + (1 − βₖ)·g²"]
      : [
          "r ← βₖ·r + (1 − βₖ)·mean of rows(g²)",
          "c ← βₖ·c + (1 − βₖ)·mean of columns(g²)",
          "V = r·cᵀ/mean(r)",
        ]),
    "u = g/√V",
    `αₖ = ${scaleParameter ? "max(ε₂, RMS(x))·" : ""}${rate === "relative" ? "min(α, 1/√k)" : "α"}`,
    "x ← x − αₖ·u/max(1, RMS(u)/d)",
  ],
});
