import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, select, sqrt, square } from "../language/expression.js";
import { decayRate, flag, nonNegative, stepSize } from "../language/hyper.js";
import { rectification } from "./shared/rectification.js";
import {
  advance,
  averageOf,
  averaging,
  averagingHyper,
  beginKept,
  interpolation,
  keptConflict,
  keptOption,
  keptSlot,
  scheduleFreeArguments,
  scheduleFreeCitation,
  scheduleFreeSymbols,
} from "./shared/scheduleFree.js";

/**
 * Schedule-Free RAdam: the rectification is its warm-up. Until ρ > 4 there is no variance to rectify by; then
 * it either waits (silent) or steps with the plain gradient.
 */
export const scheduleFreeRadam = defineRule({
  name: "schedule-free-radam",
  title: "Schedule-Free RAdam",
  summary: "Schedule-Free AdamW whose warm-up is RAdam's rectification",
  cite: scheduleFreeCitation,
  hyper: {
    lr: stepSize(2.5e-3),
    beta: interpolation,
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
    eps: nonNegative(1e-8, "\\varepsilon", "added to the root of v̂"),
    weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay, from where the gradient is taken"),
    ...averagingHyper,
  },
  options: {
    silent: flag(true, "nothing moves before the step is rectified; else it takes SGD's step until then"),
    kept: keptOption,
  },
  symbols: { ...scheduleFreeSymbols, rho: "\\rho", rhoMax: "\\rho_\\infty", factor: "r_k" },
  presets: {
    authors: {
      values: {
        ...{ lr: 2.5e-3, beta: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, r: 0, weightLrPower: 2 },
        ...{ silent: true, kept: "z" },
      },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta", "beta2"] },
        eps: "eps",
        weight_decay: "weightDecay",
        r: "r",
        weight_lr_power: "weightLrPower",
        foreach: scheduleFreeArguments.foreach,
        silent_sgd_phase: "silent",
        cautious: { only: false, otherwise: "Schedule-Free has no cautious mask here" },
      },
    },
  },
  conflict: ({ beta }, { kept }) => keptConflict(beta, kept),
  body: (rule, { silent, kept }) =>
    rule.elementwise({
      state: { ...keptSlot(kept), v: 0 },
      carried: { lrMax: 0, weights: 0 },
      begin: beginKept(kept),
      evaluation: (variables) => averageOf(variables, kept),
      scalars: (variables) => {
        const { c2, rhoMax, rho, factor } = rectification(variables);
        const rate = mul(variables.lr, select(rho, "greater", 4, factor, silent ? 0 : 1));
        return { c2, rhoMax, rho, rate, ...averaging(variables, rate) };
      },
      update: (variables) => {
        const { x, g, v, beta2, eps, weightDecay, c2, rho, rate, share } = variables;
        const meanSquare = ema(v, square(g), beta2);
        const divided = div(g, add(sqrt(div(meanSquare, c2)), eps));
        const direction = select(rho, "greater", 4, divided, g);
        const step = mul(rate, add(direction, mul(weightDecay, x)));
        return {
          v: meanSquare,
          ...advance(variables, kept, step, share),
        };
      },
      carry: ({ largest, weights, weight }) => ({ lrMax: largest, weights: add(weights, weight) }),
    }),
});
