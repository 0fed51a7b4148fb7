import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, pow, sqrt, square, sub } from "../language/expression.js";
import { choice, decayRate, nonNegative, stepSize } from "../language/hyper.js";
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
  warmedUp,
  warmupHyper,
} from "./shared/scheduleFree.js";

/**
 * Schedule-Free AdamW: gradients are divided as Adam's are; their mean is replaced by the average of the
 * iterates.
 */
export const scheduleFreeAdamw = defineRule({
  name: "schedule-free-adamw",
  title: "Schedule-Free AdamW",
  summary: "AdamW without schedule or mean of gradients: one evaluates at the average of its iterates",
  cite: scheduleFreeCitation,
  hyper: {
    lr: stepSize(2.5e-3),
    beta: interpolation,
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
    eps: nonNegative(1e-8, "\\varepsilon", "added to the root"),
    weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay"),
    ...warmupHyper,
    ...averagingHyper,
  },
  options: {
    debiases: choice(
      ["denominator", "rate"],
      "√(v/(1−β₂ᵏ)) + ε (authors), or a step size times √(1−β₂ᵏ) and √v + ε (AlgoPerf)",
    ),
    decayAt: choice(
      ["gradient", "average"],
      "weight decay shrinks towards 0 from where the gradient is taken (authors), or from the average (AlgoPerf)",
    ),
    kept: keptOption,
  },
  symbols: scheduleFreeSymbols,
  presets: {
    authors: {
      values: {
        ...{ lr: 2.5e-3, beta: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
        ...{ warmupSteps: 0, r: 0, weightLrPower: 2 },
        ...{ debiases: "denominator", decayAt: "gradient", kept: "z" },
      },
      arguments: {
        ...scheduleFreeArguments,
        betas: { tuple: ["beta", "beta2"] },
        eps: "eps",
        inner_momentum: { only: 0, otherwise: "There is no momentum inside here" },
      },
    },
    algoperf: {
      values: {
        ...{ lr: 2.5e-3, beta: 0.9, beta2: 0.9955159689799007, eps: 1e-8, weightDecay: 0.08121616522670176 },
        ...{ warmupSteps: 0, r: 0.75, weightLrPower: 2 },
        ...{ debiases: "rate", decayAt: "average", kept: "z" },
      },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta", "beta2"] },
        eps: "eps",
        weight_decay: "weightDecay",
        weight_lr_power: "weightLrPower",
        warmup_steps: "warmupSteps",
        r: "r",
      },
    },
  },
  conflict: ({ beta }, { kept }) => keptConflict(beta, kept),
  body: (rule, { debiases, decayAt, kept }) =>
    rule.elementwise({
      state: { ...keptSlot(kept), v: 0 },
      carried: { lrMax: 0, weights: 0 },
      begin: beginKept(kept),
      evaluation: (variables) => averageOf(variables, kept),
      scalars: (variables) => {
        const { k, beta2 } = variables;
        const warm = warmedUp(variables);
        const c2 = sub(1, pow(beta2, k));
        return {
          c2,
          rate: debiases === "rate" ? mul(warm, sqrt(c2)) : warm,
          // The size that weighs is without the debiasing, which would weigh the first steps less.
          ...averaging(variables, warm),
        };
      },
      update: (variables) => {
        const { x, g, v, beta2, eps, weightDecay, c2, rate, share } = variables;
        const meanSquare = ema(v, square(g), beta2);
        const root = add(sqrt(debiases === "denominator" ? div(meanSquare, c2) : meanSquare), eps);
        const decayed = decayAt === "gradient" ? x : averageOf(variables, kept);
        const step = mul(rate, add(div(g, root), mul(weightDecay, decayed)));
        return {
          v: meanSquare,
          ...advance(variables, kept, step, share),
        };
      },
      carry: ({ largest, weights, weight }) => ({ lrMax: largest, weights: add(weights, weight) }),
    }),
});
