import { defineRule } from "../language/defineRule.js";
import { add, ema, mul, sign, sub } from "../language/expression.js";
import { choice } from "../language/hyper.js";
import { maskFactor, maskScaleDescription, maskScales, maskSums, whereAgreed } from "./shared/cautious.js";
import { lionArguments, lionHyper } from "./shared/lionFamily.js";

const [mean, count] = maskScales;

/** Cautious Lion. The decay is not masked. */
export const cautiousLion = defineRule({
  name: "cautious-lion",
  title: "Cautious Lion",
  summary: "Lion that moves only where its direction agrees with the gradient",
  cite: {
    authors: "Liang, Chen, Liu, Liu",
    year: 2024,
    title: "Cautious Optimizers: Improving Training with One Line of Code",
    url: "https://arxiv.org/abs/2411.16085",
  },
  hyper: lionHyper,
  options: { maskScale: choice([count, mean], maskScaleDescription) },
  symbols: { agreed: "a", size: "n", factor: "\\phi" },
  presets: {
    authors: {
      values: { lr: 1e-4, beta1: 0.95, beta2: 0.98, weightDecay: 0, maskScale: "count" },
      arguments: lionArguments,
    },
  },
  body: (rule, { maskScale }) =>
    rule
      .phases({ state: { m: 0 } })
      .phase({
        reduce: ({ g, m, beta1 }) => maskSums(ema(m, g, beta1), g),
      })
      .phase({
        scalars: (sums) => ({ factor: maskFactor(sums, maskScale) }),
        update: ({ x, g, m, lr, beta1, beta2, weightDecay, factor }) => {
          const direction = ema(m, g, beta1);
          const step = whereAgreed(direction, g, mul(factor, sign(direction)));
          return { m: ema(m, g, beta2), x: sub(x, mul(lr, add(step, mul(weightDecay, x)))) };
        },
      }),
});
