import { defineRule } from "../language/defineRule.js";
import { div, max, mul, sub } from "../language/expression.js";
import { choice } from "../language/hyper.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  moments,
  optaxAdamArguments,
  secondMoment,
  torchAdamArguments,
} from "./shared/adamFamily.js";

/** AMSGrad: Adam whose denominator never shrinks, which repairs its convergence proof. */
export const amsgrad = defineRule({
  name: "amsgrad",
  title: "AMSGrad",
  summary: "Adam divided by the largest second moment so far",
  cite: {
    authors: "Reddi, Kale, Kumar",
    year: 2018,
    title: "On the Convergence of Adam and Beyond",
    url: "https://arxiv.org/abs/1904.09237",
  },
  hyper: adamHyper,
  options: {
    maximum: choice(
      ["debiased", "raw", "undebiased"],
      "the maximum of v̂ (lecture, optax); of v, debiased afterwards (torch); of v, with neither moment debiased (paper)",
    ),
  },
  symbols: { vMax: "\\hat v_{\\max}" },
  presets: {
    torch: {
      values: { ...adamDefaults, maximum: "raw" },
      arguments: {
        ...torchAdamArguments,
        weight_decay: { only: 0, otherwise: "Use adam-l2 or adamw with maximum=raw" },
        amsgrad: { only: true, otherwise: "Use adam" },
      },
    },
    optax: { values: { ...adamDefaults, maximum: "debiased" }, arguments: optaxAdamArguments },
    paper: {
      values: { ...adamDefaults, maximum: "undebiased" },
      arguments: { alpha: "lr", beta1: "beta1", beta2: "beta2" },
    },
  },
  body: (rule, { maximum }) =>
    rule.elementwise({
      state: { m: 0, v: 0, vMax: 0 },
      scalars: (variables) => biasCorrections(variables),
      update: (variables) => {
        const { x, g, vMax, lr, c1 } = variables;
        const next = moments(variables, g);
        if (maximum === "undebiased") {
          const largest = max(vMax, next.v);
          return { ...next, vMax: largest, x: sub(x, mul(lr, adamDirection(variables, next.m, largest))) };
        }
        const { debiased, slots } = secondMoment(variables, next.v, maximum);
        const direction = adamDirection(variables, div(next.m, c1), debiased);
        return { ...next, ...slots, x: sub(x, mul(lr, direction)) };
      },
    }),
});
