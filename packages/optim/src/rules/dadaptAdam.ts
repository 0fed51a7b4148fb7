import { defineRule } from "../language/defineRule.js";
import { abs, add, div, ema, mul, pow, select, sqrt, square, sub } from "../language/expression.js";
import { decayRate, flag, nonNegative, positive } from "../language/hyper.js";
import { biasCorrections, torchAdamArguments } from "./shared/adamFamily.js";
import { distanceArguments, distanceHyper, grown } from "./shared/distance.js";

/**
 * Adam with D-Adaptation, as its authors' code has it: the mean of gradients is one of gradients times the
 * step size that held when they came, and the estimate's numerator divides by the root of v before this
 * gradient. While all gradients have been zero only decoupled decay moves anything.
 */
export const dadaptAdam = defineRule({
  name: "dadapt-adam",
  title: "D-Adaptation Adam",
  summary: "Adam whose step size is an estimate of the distance to the solution",
  cite: {
    authors: "Defazio, Mishchenko",
    year: 2023,
    title: "Learning-Rate-Free Learning by D-Adaptation",
    url: "https://arxiv.org/abs/2301.07733",
  },
  hyper: {
    lr: nonNegative(1, "\\alpha", "factor of the estimated step size"),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
    eps: positive(1e-8, "\\varepsilon", "added to the root of v"),
    weightDecay: nonNegative(0, "\\lambda", "weight decay; option decoupled says of which kind"),
    ...distanceHyper,
  },
  options: {
    decoupled: flag(false, "x shrinks by the step size times λ (as AdamW); else λx is added to the gradient"),
    biasCorrection: flag(false, "the step size is multiplied by √(1−β₂ᵏ)/(1−β₁ᵏ)"),
  },
  symbols: { root: "\\beta_s", rate: "\\lambda_k", inner: "\\xi", numerator: "\\nu", length: "\\sigma" },
  presets: {
    authors: {
      values: {
        ...{ lr: 1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, d0: 1e-6, growthRate: 0 },
        ...{ decoupled: false, biasCorrection: false },
      },
      arguments: {
        lr: "lr",
        betas: torchAdamArguments.betas,
        eps: "eps",
        weight_decay: "weightDecay",
        decouple: "decoupled",
        use_bias_correction: "biasCorrection",
        ...distanceArguments,
      },
    },
  },
  body: (rule, { decoupled, biasCorrection }) =>
    rule.elementwise({
      state: { m: 0, v: 0, s: 0 },
      carried: { d: rule.hyper.d0, numerator: 0 },
      scalars: (variables) => {
        const { d, lr, beta2 } = variables;
        const { c1, c2 } = biasCorrections(variables);
        const rate = mul(d, lr);
        return { root: pow(beta2, 0.5), rate: biasCorrection ? div(mul(rate, sqrt(c2)), c1) : rate };
      },
      reduce: ({ x, g, v, s, eps, weightDecay, root, rate }) => {
        const gradient = decoupled ? g : add(g, mul(weightDecay, x));
        return {
          inner: { over: "all", sum: div(mul(mul(rate, gradient), s), add(sqrt(v), eps)) },
          length: { over: "all", sum: abs(ema(s, mul(rate, gradient), root)) },
        };
      },
      update: ({ x, g, m, v, s, beta1, beta2, eps, weightDecay, root, rate }) => {
        const gradient = decoupled ? g : add(g, mul(weightDecay, x));
        const scaled = mul(rate, gradient);
        const mean = ema(m, scaled, beta1);
        const meanSquare = ema(v, square(gradient), beta2);
        const kept = decoupled ? sub(x, mul(mul(rate, weightDecay), x)) : x;
        return {
          m: mean,
          v: meanSquare,
          s: ema(s, scaled, root),
          x: sub(kept, div(mean, add(sqrt(meanSquare), eps))),
        };
      },
      carry: (variables) => {
        const { d, numerator, root, inner, length } = variables;
        const next = ema(numerator, inner, root);
        const estimate = div(next, mul(sub(1, root), length));
        return { numerator: next, d: select(length, "equal", 0, d, grown(variables, estimate)) };
      },
    }),
});
