import { rowMajor } from "../../backends/moves.js";
import {
  abs,
  add,
  div,
  type Expression,
  ema,
  max,
  min,
  mul,
  neg,
  type Operand,
  pow,
  select,
  sign,
  sqrt,
  square,
  sub,
} from "../../language/expression.js";
import {
  choice,
  count,
  decayRate,
  flag,
  nonNegative,
  positive,
  real,
  stepSize,
} from "../../language/hyper.js";
import { elementCount } from "../../parameter.js";
import { sgd } from "../../rules/sgd.js";
import { elements, scalars } from "../elementwise.js";
import { type Factoring, factoring } from "../factors.js";
import { defineMatrixRule, type PlannedParameter } from "../matrixRule.js";

/**
 * Adafactor: of a matrix' squared gradients only the means of rows and of columns are kept. It has three
 * semantics; the options tell them apart.
 */
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
    decayExponent: real(0.8, "\\tau", "means of squares decay by 1 − k^(−|τ|)"),
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
  plan: (parameters, { hyper: { leastAxis }, options, elementwise }) => {
    const { epsilon, rate, scaleParameter, cautious, decayBy } = options;
    const planned = parameters.map(({ shape, x, g, state, scratch }) => {
      const factors = factoring(shape, options.factors, leastAxis);
      return {
        ...{ x, g, shape, factors, direction: scratch(shape) },
        squares: factors === undefined ? state("squares", shape) : undefined,
        factored: factors && planFactored(factors, shape, state, scratch),
        // A mask of the step needs the averaged step.
        momentum: options.momentum || cautious ? state("momentum", shape) : undefined,
        scalars: { count: elementCount(shape) },
      };
    });
    const factored = planned.flatMap(({ factored, g, direction, shape }) =>
      factored === undefined ? [] : [{ ...factored, g, direction, shape }],
    );

    const { x, g, direction, squares, momentum } = elements(
      ...(["x", "g", "direction", "squares", "momentum"] as const),
    );
    const { k, lr, decayExponent, eps, epsScale, clip, beta1, weightDecay, count } = scalars(
      ...(["k", "lr", "decayExponent", "eps", "epsScale", "clip", "beta1", "weightDecay", "count"] as const),
    );
    const keep = sub(1, pow(k, neg(abs(decayExponent))));
    const isAdded = epsilon === "added";
    const squared = isAdded ? add(square(g), eps) : square(g);
    const least = max(square(eps), leastNormal);
    const overRoot = (mean: Expression) => div(g, sqrt(isAdded ? mean : max(mean, least)));

    const ofEach = ema(squares, squared, keep);
    const divideEach = elementwise(
      { assign: { squares: ofEach, direction: overRoot(ofEach) } },
      planned.flatMap(({ squares, g, direction }) =>
        squares === undefined ? [] : [{ arrays: { squares, g, direction } }],
      ),
    );
    const squareEach = elementwise(
      { assign: { direction: squared } },
      factored.map(({ g, direction }) => ({ arrays: { g, direction } })),
    );
    const { mean, sum, whole, rowRatio, columnMean } = elements(
      ...(["mean", "sum", "whole", "rowRatio", "columnMean"] as const),
    );
    const average = elementwise(
      { assign: { mean: ema(mean, div(sum, count), keep) } },
      factored.flatMap(({ rows, columns, rowSums, columnSums, factors }) => [
        { arrays: { mean: rows, sum: rowSums }, scalars: { count: factors.columns } },
        { arrays: { mean: columns, sum: columnSums }, scalars: { count: factors.rows } },
      ]),
    );
    const wholeMean = div(whole, count);
    const divideRows = elementwise(
      { assign: { whole: div(mean, isAdded ? wholeMean : max(wholeMean, eps)) } },
      factored.map(({ rows, ratios, factors }) => ({
        ...{ arrays: { mean: rows, whole: ratios }, scalars: { count: factors.rows } },
      })),
    );
    const divideFactored = elementwise(
      { assign: { rowRatio: overRoot(mul(rowRatio, columnMean)) } },
      factored.map(({ g, direction, columnMeans }) => ({
        arrays: { g, rowRatio: direction, columnMean: columnMeans },
      })),
    );

    const { xSum, directionSum, agreeing } = scalars("xSum", "directionSum", "agreeing");
    const relative = rate === "relative" ? min(lr, div(1, sqrt(k))) : lr;
    const size = scaleParameter ? mul(relative, max(epsScale, sqrt(div(xSum, count)))) : relative;
    const scale = div(size, max(1, div(sqrt(div(directionSum, count)), clip)));
    const shrunk = mul(sub(1, mul(weightDecay, { step: size, lr, one: 1 }[decayBy])), x);
    const ofX = scaleParameter ? { xSum: square(x) } : {};
    const sums = { ...ofX, directionSum: square(direction) };
    const apply = elementwise(
      { sums, assign: { x: sub(shrunk, mul(scale, direction)) } },
      planned.flatMap(({ x, direction, momentum, scalars: own }) =>
        momentum === undefined ? [{ arrays: { x, direction }, scalars: own }] : [],
      ),
    );
    const averaged = ema(momentum, mul(scale, direction), beta1);
    const withMomentum = planned.flatMap(({ x, g, direction, momentum, scalars: own }) =>
      momentum === undefined ? [] : [{ arrays: { x, g, direction, momentum }, scalars: own }],
    );
    const applyAveraged = elementwise(
      { sums, assign: { momentum: averaged, ...(cautious ? {} : { x: sub(shrunk, averaged) }) } },
      withMomentum,
    );
    const ifAgreeing = (value: Operand) => select(mul(sign(momentum), g), "greater", 0, value, 0);
    const further = div(count, add(agreeing, 1));
    const applyCautious = elementwise(
      {
        sums: { ...ofX, agreeing: ifAgreeing(1) },
        assign: { x: sub(shrunk, ifAgreeing(mul(momentum, further))) },
      },
      cautious ? withMomentum : [],
    );
    return ({ view, move }) => {
      const sums = factored.flatMap(({ rowSums, columnSums, wholes }) =>
        [rowSums, columnSums, wholes].map(view),
      );
      const clear = () => {
        for (const array of sums) array.fill(0);
      };
      const addUp = move(
        factored.flatMap(({ factors: { rowStrides, columnStrides }, shape, direction, ...places }) => {
          const from = { from: view(direction), fromStrides: rowMajor(shape), sizes: shape, add: true };
          return [
            { ...from, to: view(places.rowSums), toStrides: rowStrides },
            { ...from, to: view(places.columnSums), toStrides: columnStrides },
          ];
        }),
      );
      const addUpRows = move(
        factored.flatMap(({ factors, rows, wholes, ratios }) => {
          const sizes = [factors.slices, factors.rows];
          const [own, ofSlice] = [rowMajor(sizes), [1, 0]];
          const whole = view(wholes);
          return [
            { ...{ sizes, from: view(rows), fromStrides: own }, to: whole, toStrides: ofSlice, add: true },
            { ...{ sizes, from: whole, fromStrides: ofSlice }, to: view(ratios), toStrides: own },
          ];
        }),
      );
      const spread = move(
        factored.flatMap(({ factors: { rowStrides, columnStrides }, shape, ...places }) => {
          const to = { sizes: shape, toStrides: rowMajor(shape) };
          return [
            { ...to, from: view(places.ratios), fromStrides: rowStrides, to: view(places.direction) },
            { ...to, from: view(places.columns), fromStrides: columnStrides, to: view(places.columnMeans) },
          ];
        }),
      );
      return [
        ...[divideEach, squareEach, clear, addUp, average, addUpRows, divideRows, spread, divideFactored],
        ...[apply, applyAveraged, applyCautious],
      ];
    };
  },
  latex: ({ factors, rate, scaleParameter }) => [
    "\\beta_k &= 1 - k^{-|\\tau|}",
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
    "βₖ = 1 − k^(−|τ|)",
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

/** What squares are clamped at where ε₁² is too small for float32, so that nothing is divided by 0. */
const leastNormal = 2 ** -126;

/** The arrays of a tensor whose squares are kept by their means along rows and columns. */
function planFactored(
  factors: Factoring,
  shape: readonly number[],
  state: PlannedParameter["state"],
  scratch: PlannedParameter["scratch"],
) {
  const ofRows = [factors.slices, factors.rows];
  const ofColumns = [factors.slices, factors.columns];
  return {
    ...{ factors, rows: state("rows", ofRows), columns: state("columns", ofColumns) },
    ...{ rowSums: scratch(ofRows), columnSums: scratch(ofColumns), wholes: scratch([factors.slices]) },
    /** Of each row's mean to the mean of its slice; before, that one's multiple. */
    ratios: scratch(ofRows),
    columnMeans: scratch(shape),
  };
}
