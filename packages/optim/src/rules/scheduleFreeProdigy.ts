import { defineRule } from "../language/defineRule.js";
import { abs, add, div, ema, max, mul, pow, select, sqrt, square } from "../language/expression.js";
import { decayRate, nonNegative, positive } from "../language/hyper.js";
import { distanceHyper } from "./shared/distance.js";
import {
  advance,
  averageOf,
  beginKept,
  interpolation,
  keptConflict,
  keptOption,
  keptSlot,
  scheduleFreeSymbols,
} from "./shared/scheduleFree.js";

/**
 * Schedule-Free Prodigy, as submitted to AlgoPerf: Prodigy's estimate of the distance along z, whose steps
 * have no mean of gradients. Weight decay acts at the average, with the old estimate; the step has the old
 * and the new one. As with Prodigy nothing moves while all gradients have been zero, and x₀ − z is summed
 * from the steps.
 */
export const scheduleFreeProdigy = defineRule({
  name: "schedule-free-prodigy",
  title: "Schedule-Free Prodigy",
  summary: "Schedule-Free AdamW whose step size is Prodigy's estimate of the distance to the solution",
  cite: {
    authors: "Defazio, Mishchenko",
    year: 2024,
    title: "Schedule-Free Prodigy, submission to AlgoPerf's external tuning track",
    url: "https://github.com/mlcommons/submissions_algorithms",
  },
  hyper: {
    lr: nonNegative(
      1,
      "\\alpha",
      "factor of the estimated step size; the submission rises to 1 over 7.5% of the steps",
    ),
    beta: interpolation,
    beta2: decayRate(
      0.9955,
      "\\beta_2",
      "decay of the mean of squared gradients; the estimate's is its root",
    ),
    eps: positive(1e-8, "\\varepsilon", "times d is added to the root of v"),
    weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay, from the average"),
    r: nonNegative(0.75, "r", "step k weighs kʳ in the average"),
    d0: distanceHyper.d0,
    dCoefficient: positive(1, "c_d", "factor of the estimate"),
  },
  options: { kept: keptOption },
  symbols: {
    ...scheduleFreeSymbols,
    ...{ travel: "\\Delta", beta3: "\\beta_3", rate: "\\lambda_k", inner: "\\xi", numerator: "\\nu" },
    ...{ length: "\\sigma", applied: "\\eta_k" },
  },
  presets: {
    algoperf: {
      values: {
        ...{ lr: 1, beta: 0.9, beta2: 0.9955, eps: 1e-8, weightDecay: 0, r: 0.75, d0: 1e-6 },
        ...{ dCoefficient: 1, kept: "z" },
      },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta", "beta2"] },
        r: "r",
        eps: "eps",
        weight_decay: "weightDecay",
        d0: "d0",
        d_coef: "dCoefficient",
      },
    },
  },
  conflict: ({ beta }, { kept }) => keptConflict(beta, kept),
  body: (rule, { kept }) =>
    rule
      .phases({
        state: { ...keptSlot(kept), v: 0, s: 0, travel: 0 },
        carried: { d: rule.hyper.d0, numerator: 0, weights: 0 },
        begin: beginKept(kept),
        evaluation: (variables) => averageOf(variables, kept),
      })
      .phase({
        scalars: ({ d, lr, beta2 }) => ({ beta3: pow(beta2, 0.5), rate: mul(d, lr) }),
        reduce: ({ g, s, travel, d, rate, beta3 }) => {
          const scaled = mul(mul(d, rate), g);
          return {
            inner: { over: "all", sum: mul(scaled, travel) },
            length: { over: "all", sum: abs(add(mul(beta3, s), scaled)) },
          };
        },
        update: ({ g, v, s, d, rate, beta2, beta3 }) => ({
          v: ema(v, square(mul(d, g)), beta2),
          s: add(mul(beta3, s), mul(mul(d, rate), g)),
        }),
        carry: ({ d, numerator, inner, length, beta3, dCoefficient }) => {
          const next = add(mul(beta3, numerator), inner);
          const estimate = div(mul(dCoefficient, next), length);
          return {
            numerator: select(length, "equal", 0, numerator, next),
            d: select(length, "equal", 0, d, max(d, estimate)),
          };
        },
      })
      .phase({
        scalars: ({ k, r, rate, length, weights }) => {
          const weight = pow(k, r);
          return {
            applied: select(length, "equal", 0, 0, rate),
            weight,
            share: div(weight, add(weights, weight)),
          };
        },
        update: (variables) => {
          const { g, v, travel, d, eps, weightDecay, applied, share } = variables;
          const direction = div(mul(d, g), add(sqrt(v), mul(d, eps)));
          const step = mul(applied, add(direction, mul(weightDecay, averageOf(variables, kept))));
          return {
            travel: add(travel, step),
            ...advance(variables, kept, step, share),
          };
        },
        carry: ({ weights, weight, length }) => ({
          weights: select(length, "equal", 0, weights, add(weights, weight)),
        }),
      }),
});
