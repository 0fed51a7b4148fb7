import { defineRule } from "../language/defineRule.js";
import {
  add,
  div,
  type Expression,
  ema,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  select,
  sqrt,
  square,
  sub,
} from "../language/expression.js";
import { choice, decayRate, flag, nonNegative, positive, stepSize } from "../language/hyper.js";

/** What means of squares are kept above: the smallest normal float32 number. */
const tiny = 2 ** -126;

const mean = (total: Expression, count: Expression): Expression => div(total, max(count, 1));

/**
 * The gradient with its square held to what the average of squares before this step allows; whole while there
 * is no average.
 */
const clipped = (g: Expression, allowed: Expression, clips: boolean): Expression => {
  if (!clips) return g;
  const largest = select(allowed, "greater", 0, sqrt(allowed), Number.POSITIVE_INFINITY);
  return max(min(g, largest), neg(largest));
};

type Known = Readonly<Record<"lr" | "eta" | "l2" | "b" | "count", Expression>>;

/**
 * The schedules of a parameter of κ elements from its decay clock b and the mean g2 of its squared normalised
 * gradients: what x and the normalised gradient are multiplied by, and the clock after this step.
 */
function schedules({ lr, eta, l2, b, count }: Known, g2: Expression, adaptive: boolean) {
  const root = sqrt(max(count, 1));
  const q = sqrt(sub(1, div(1, root)));
  const tau = mul(q, log(mul(root, square(add(1, q)))));
  const early = sub(square(add(1, div(tau, 2))), 1);
  const l2p = add(1, mul(l2, square(early)));
  const l2q = add(1, mul(l2, square(b)));
  const clock = sqrt(add(1, b));
  const rate = div(square(lr), adaptive ? max(g2, clock) : clock);
  const next = add(b, mul(rate, add(div(adaptive ? g2 : 1, root), b)));
  const decay = mul(mul(-0.5, rate), add(mul(div(l2p, l2q), g2), l2));
  const bv = sub(square(div(mul(2, clock), add(1, sqrt(add(1, mul(div(2, add(2, tau)), clock)))))), 1);
  const l2r = div(add(1, mul(l2, mul(b, bv))), add(1, mul(div(l2, l2p), l2q)));
  const whole = add(1, mul(mul(mul(eta, clock), l2r), bv));
  return { next, shrink: div(decay, whole), rate: div(mul(eta, lr), whole) };
}

/**
 * Amos as submitted to AlgoPerf, which is not the update of its paper. Statistics are averaged over a whole
 * parameter. The submission also clips the norm of the whole gradient to 1: the optimizer's own clipping does
 * that.
 */
export const amos = defineRule({
  name: "amos",
  title: "Amos",
  summary:
    "normalised gradients, with a step size and a weight decay that fall for each parameter by its own clock",
  cite: {
    authors: "Tian, Parikh",
    year: 2022,
    title: "Amos: An Adam-style Optimizer with Adaptive Weight Decay towards Model-Oriented Scale",
    url: "https://arxiv.org/abs/2210.11693",
  },
  hyper: {
    lr: stepSize(0.01, "\\xi", "global step size"),
    beta1: decayRate(
      0.9,
      "\\beta_1",
      "decay of the mean of gradients (adam), of the mean of steps (reduced)",
    ),
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
    eta: positive(1, "\\eta", "expected scale of the parameter's elements; give each group its own"),
    l2: nonNegative(0, "\\lambda", "extra L2 regularisation"),
  },
  options: {
    style: choice(
      ["adam", "reduced"],
      "mean of squares of each element and adaptive clock (adam_with_amos), or one for a parameter (reduced_amos)",
    ),
    clipsGradient: flag(true, "elements whose square exceeds the average of squares by 1/(1−β₂) are clipped"),
  },
  symbols: {
    ...{
      allowed: "a",
      squares: "G",
      meanSquares: "V",
      count: "\\kappa",
      shrink: "\\delta",
      rate: "\\alpha_k",
    },
    ...{ correction: "c", normaliser: "n" },
  },
  presets: {
    algoperf: {
      values: { beta1: 0.9, beta2: 0.999, l2: 0, style: "adam", clipsGradient: true },
      arguments: {
        style: { values: { adam_with_amos: { style: "adam" }, reduced_amos: { style: "reduced" } } },
        learning_rate: "lr",
        beta1: "beta1",
        beta2: "beta2",
        eta: "eta",
        l2: "l2",
        use_nu_clip: "clipsGradient",
        reduced_shapes: { only: null, otherwise: "Statistics are of whole parameters here" },
      },
    },
  },
  body: (rule, { style, clipsGradient }) =>
    style === "adam"
      ? rule
          .phases({ state: { m: 0, v: 0 }, carriedPerParameter: { b: 0 } })
          .phase({
            scalars: ({ k, beta2 }) => ({
              before: sub(1, pow(beta2, sub(k, 1))),
              correction: div(sub(1, beta2), sub(1, pow(beta2, k))),
            }),
            reduce: ({ g, m, v, beta1, beta2, before }) => {
              const gradient = clipped(g, div(v, before), clipsGradient);
              return {
                squares: { over: "parameter", sum: square(ema(m, gradient, beta1)) },
                meanSquares: { over: "parameter", sum: add(mul(beta2, v), square(gradient)) },
                count: { over: "parameter", sum: 1 },
              };
            },
            update: ({ g, m, v, beta1, beta2, before }) => {
              const gradient = clipped(g, div(v, before), clipsGradient);
              return { m: ema(m, gradient, beta1), v: add(mul(beta2, v), square(gradient)) };
            },
          })
          .phase({
            scalars: (variables) => {
              const { beta1, squares, meanSquares, count, correction } = variables;
              const debiased = div(add(1, beta1), sub(1, beta1));
              const normaliser = max(mul(correction, mean(meanSquares, count)), tiny);
              const g2 = div(mul(debiased, mean(squares, count)), normaliser);
              return schedules(variables, g2, true);
            },
            update: ({ x, m, v, correction, shrink, rate }) => {
              const direction = div(m, sqrt(max(mul(correction, v), tiny)));
              return { x: add(x, sub(mul(shrink, x), mul(rate, direction))) };
            },
            carry: ({ next }) => ({ b: next }),
          })
      : rule
          .phases({ state: { m: 0 }, carriedPerParameter: { b: 0, v: 0 } })
          .phase({
            scalars: ({ k, beta2, v }) => ({ allowed: div(v, sub(1, pow(beta2, sub(k, 1)))) }),
            reduce: ({ g, allowed }) => ({
              squares: { over: "parameter", sum: square(clipped(g, allowed, clipsGradient)) },
              count: { over: "parameter", sum: 1 },
            }),
            carry: ({ beta2, v, squares, count }) => ({ v: add(mul(beta2, v), mean(squares, count)) }),
          })
          .phase({
            scalars: (variables) => {
              const { k, beta2, v, squares, count } = variables;
              const debiased = mul(div(sub(1, beta2), sub(1, pow(beta2, k))), v);
              const normaliser = max(debiased, tiny);
              const g2 = div(mean(squares, count), normaliser);
              return { normaliser, ...schedules(variables, g2, false) };
            },
            update: ({ x, g, m, beta1, allowed, normaliser, shrink, rate }) => {
              const direction = div(clipped(g, allowed, clipsGradient), sqrt(normaliser));
              const step = sub(mul(shrink, x), mul(rate, direction));
              const smoothed = ema(m, step, beta1);
              return { m: smoothed, x: add(x, smoothed) };
            },
            carry: ({ next }) => ({ b: next }),
          }),
});
