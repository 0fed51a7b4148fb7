import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, sqrt, sub } from "../language/expression.js";
import { choice, flag, nonNegative } from "../language/hyper.js";
import { adamDefaults, adamHyper, biasCorrections, moments } from "./shared/adamFamily.js";
import { maskFactor, maskScaleDescription, maskScales, maskSums, whereAgreed } from "./shared/cautious.js";
import { decoupledDecay } from "./shared/originals.js";

const defaults = { ...adamDefaults, eps: 1e-6, weightDecay: 0 } as const;

/**
 * Cautious AdamW: only coordinates whose step agrees with the current gradient move, the further for it. The
 * decay is not masked.
 */
export const cautiousAdamw = defineRule({
  name: "cautious-adamw",
  title: "Cautious AdamW",
  summary: "AdamW that moves only where its direction agrees with the gradient",
  cite: {
    authors: "Liang, Chen, Liu, Liu",
    year: 2024,
    title: "Cautious Optimizers: Improving Training with One Line of Code",
    url: "https://arxiv.org/abs/2411.16085",
  },
  hyper: {
    ...adamHyper,
    eps: nonNegative(defaults.eps, "\\varepsilon", "added to the root"),
    weightDecay: decoupledDecay(defaults.weightDecay),
  },
  options: {
    epsPlacement: choice(
      ["debiased", "raw"],
      "ε is added to √v̂ (C-Optim with foreach), or to √v before it is debiased (without foreach)",
    ),
    debias: flag(true, "divide the moments by 1 − βᵏ"),
    maskScale: choice(maskScales, maskScaleDescription),
  },
  symbols: { agreed: "a", size: "n", factor: "\\phi" },
  presets: {
    authors: {
      values: { ...defaults, epsPlacement: "debiased", debias: true, maskScale: "mean" },
      arguments: {
        lr: "lr",
        betas: { tuple: ["beta1", "beta2"] },
        eps: "eps",
        weight_decay: "weightDecay",
        correct_bias: "debias",
        foreach: { values: { true: { epsPlacement: "debiased" }, false: { epsPlacement: "raw" } } },
        no_deprecation_warning: { values: { true: {}, false: {} } },
      },
    },
  },
  body: (rule, { epsPlacement, debias, maskScale }) =>
    rule
      .phases({ state: { m: 0, v: 0 } })
      .phase({
        // The mean is computed twice, since to write it here and read it again would cost more.
        reduce: ({ g, m, beta1 }) => maskSums(ema(m, g, beta1), g),
      })
      .phase({
        scalars: (variables) => {
          const { c1, c2 } = biasCorrections(variables);
          const factor = maskFactor(variables, maskScale);
          return { c1: debias ? c1 : undefined, c2: debias ? c2 : undefined, factor };
        },
        update: (variables) => {
          const { x, g, lr, eps, epsRoot, weightDecay, c1, c2, factor } = variables;
          const { m, v } = moments(variables, g);
          const raw = add(sqrt(add(v, epsRoot)), eps);
          const debiased =
            epsPlacement === "raw" ? div(raw, sqrt(c2)) : add(sqrt(add(div(v, c2), epsRoot)), eps);
          const direction = debias ? div(div(m, c1), debiased) : div(m, raw);
          const step = whereAgreed(m, g, mul(factor, direction));
          return { m, v, x: sub(x, mul(lr, add(step, mul(weightDecay, x)))) };
        },
      }),
});
