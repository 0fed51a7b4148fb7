import { defineRule } from "../language/defineRule.js";
import { abs, add, div, ema, max, min, mul, pow, select, sqrt, square, sub } from "../language/expression.js";
import { decayRate, flag, nonNegative, positive } from "../language/hyper.js";
import { biasCorrections, torchAdamArguments } from "./shared/adamFamily.js";
import { distanceArguments, distanceHyper, growthLimit } from "./shared/distance.js";

/**
 * Prodigy, as its authors' code has it: the step takes the old estimate d, its denominator the new one. While
 * all gradients have been zero there is nothing to estimate from: d stays d₀ and nothing moves, by weight
 * decay neither.
 *
 * The distance travelled is x₀ − x, whatever moved x. The first steps, from which the estimate grows, are so
 * small that rounding x loses much or all of them: what it lost is summed beside x₀, and counts as travelled.
 */
export const prodigy = defineRule({
  name: "prodigy",
  title: "Prodigy",
  summary: "Adam whose step size is a faster-growing estimate of the distance to the solution",
  cite: {
    authors: "Mishchenko, Defazio",
    year: 2023,
    title: "Prodigy: An Expeditiously Adaptive Parameter-Free Learner",
    url: "https://arxiv.org/abs/2306.06101",
  },
  hyper: {
    lr: nonNegative(1, "\\alpha", "factor of the estimated step size"),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients; the estimate's is its root"),
    eps: positive(1e-8, "\\varepsilon", "times d is added to the root of v"),
    weightDecay: nonNegative(0, "\\lambda", "weight decay; option decoupled says of which kind"),
    dCoefficient: positive(1, "c", "factor of the estimate: the way to tune the method"),
    ...distanceHyper,
  },
  options: {
    decoupled: flag(true, "x shrinks by the step size times λ (as AdamW); else λx is added to the gradient"),
    biasCorrection: flag(false, "the step size is multiplied by √(1−β₂ᵏ)/(1−β₁ᵏ)"),
    safeguardWarmup: flag(false, "the estimate's denominator leaves lr out, for schedules with a warm-up"),
  },
  symbols: {
    ...{
      start: "x_0",
      lost: "\\Delta",
      beta3: "\\beta_3",
      rate: "\\lambda_k",
      weight: "\\omega",
      share: "\\omega_s",
      inner: "\\xi",
      numerator: "\\nu",
    },
    ...{ length: "\\sigma", dMax: "d_{\\max}", applied: "\\eta_k" },
  },
  presets: {
    authors: {
      values: {
        ...{ lr: 1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
        ...{ dCoefficient: 1, d0: 1e-6, growthRate: 0 },
        ...{ decoupled: true, biasCorrection: false, safeguardWarmup: false },
      },
      arguments: {
        lr: "lr",
        betas: torchAdamArguments.betas,
        beta3: { only: null, otherwise: "The estimate's decay is the root of beta2 here" },
        eps: "eps",
        weight_decay: "weightDecay",
        decouple: "decoupled",
        use_bias_correction: "biasCorrection",
        safeguard_warmup: "safeguardWarmup",
        d_coef: "dCoefficient",
        slice_p: { only: 1, otherwise: "The estimate takes every element here" },
        ...distanceArguments,
      },
    },
  },
  body: (rule, { decoupled, biasCorrection, safeguardWarmup }) =>
    rule
      .phases({
        state: { m: 0, v: 0, s: 0, start: 0, lost: 0 },
        carried: { d: rule.hyper.d0, dMax: rule.hyper.d0, numerator: 0 },
        begin: ({ x }) => ({ start: x }),
      })
      .phase({
        scalars: (variables) => {
          const { d, d0, lr, beta2 } = variables;
          const { c1, c2 } = biasCorrections(variables);
          const plain = mul(d, lr);
          const rate = biasCorrection ? div(mul(plain, sqrt(c2)), c1) : plain;
          // Gradients weigh d/d₀ times more, since d alone makes the sums too small for float32.
          const scale = div(d, d0);
          return {
            beta3: pow(beta2, 0.5),
            rate,
            weight: mul(scale, rate),
            share: mul(scale, safeguardWarmup ? d : rate),
          };
        },
        reduce: ({ x, g, s, start, lost, weightDecay, beta3, weight, share }) => {
          const gradient = decoupled ? g : add(g, mul(weightDecay, x));
          return {
            inner: { over: "all", sum: mul(mul(weight, gradient), add(sub(start, x), lost)) },
            length: { over: "all", sum: abs(add(mul(beta3, s), mul(share, gradient))) },
          };
        },
        update: ({ x, g, m, v, s, d, beta1, beta2, beta3, share, weightDecay }) => {
          const gradient = decoupled ? g : add(g, mul(weightDecay, x));
          return {
            m: ema(m, mul(d, gradient), beta1),
            v: ema(v, square(mul(d, gradient)), beta2),
            s: add(mul(beta3, s), mul(share, gradient)),
          };
        },
        carry: ({ d, d0, dMax, numerator, inner, length, beta3, dCoefficient, growthRate }) => {
          const next = add(mul(beta3, numerator), inner);
          const estimate = div(mul(dCoefficient, next), length);
          const largest = max(dMax, estimate);
          // The first estimate above d₀ is taken whole, whatever the limit.
          const base = select(d, "equal", d0, max(d, estimate), d);
          const known = (value: typeof next, otherwise: typeof next) =>
            select(length, "equal", 0, otherwise, value);
          return {
            numerator: known(next, numerator),
            dMax: known(largest, dMax),
            d: known(min(largest, growthLimit(base, growthRate)), d),
          };
        },
      })
      .phase({
        scalars: ({ length, rate }) => ({ applied: select(length, "equal", 0, 0, rate) }),
        update: ({ x, m, v, lost, d, eps, weightDecay, applied }) => {
          const direction = div(m, add(sqrt(v), mul(d, eps)));
          const step = mul(applied, decoupled ? add(direction, mul(weightDecay, x)) : direction);
          const next = sub(x, step);
          return { lost: add(lost, sub(step, sub(x, next))), x: next };
        },
      }),
});
