import { defineRule } from "../language/defineRule.js";
import { add, div, mul, select, sqrt, sub } from "../language/expression.js";
import { choice } from "../language/hyper.js";
import {
  adamDefaults,
  adamHyper,
  biasCorrections,
  moments,
  optaxAdamArguments,
  torchAdamArguments,
} from "./shared/adamFamily.js";
import { l2Decay } from "./shared/originals.js";
import { rectification } from "./shared/rectification.js";

const defaults = { ...adamDefaults, weightDecay: 0 } as const;

/**
 * RAdam: Adam that first waits until the variance of its denominator is known to be finite, and then corrects
 * for it.
 */
export const radam = defineRule({
  name: "radam",
  title: "RAdam",
  summary: "Adam whose step is rectified for the variance of its young denominator",
  cite: {
    authors: "Liu, Jiang, He, Chen, Liu, Gao, Han",
    year: 2019,
    title: "On the Variance of the Adaptive Learning Rate and Beyond",
    url: "https://arxiv.org/abs/1908.03265",
  },
  hyper: { ...adamHyper, weightDecay: l2Decay },
  options: {
    rectifies: choice(
      ["above5", "from5", "above4"],
      "divides where ρ > 5 (torch), ρ ≥ 5 (optax) or ρ > 4 (paper); before that the step is α m̂",
    ),
    epsPlacement: choice(
      ["debiased", "raw"],
      "ε is added to √v̂ (optax, paper), or to √v before it is debiased (torch)",
    ),
  },
  symbols: { rhoMax: "\\rho_\\infty", rho: "\\rho", factor: "r", rectified: "d" },
  presets: {
    torch: {
      values: { ...defaults, rectifies: "above5", epsPlacement: "raw" },
      arguments: {
        ...torchAdamArguments,
        weight_decay: "weightDecay",
        decoupled_weight_decay: { only: false, otherwise: "Weight decay is coupled in RAdam here" },
      },
    },
    optax: {
      values: { ...defaults, rectifies: "from5", epsPlacement: "debiased" },
      arguments: {
        ...optaxAdamArguments,
        threshold: { values: { "5": { rectifies: "from5" } } },
        nesterov: { only: false, otherwise: "RAdam has no Nesterov momentum here" },
      },
    },
    paper: {
      values: { ...defaults, rectifies: "above4", epsPlacement: "debiased" },
      arguments: { alpha: "lr", beta1: "beta1", beta2: "beta2" },
    },
  },
  body: (rule, { rectifies, epsPlacement }) =>
    rule.elementwise({
      state: { m: 0, v: 0 },
      scalars: (variables) => {
        const { c1, c2 } = biasCorrections(variables);
        const { rhoMax, rho, factor } = rectification(variables);
        const [comparison, threshold] = (
          { above5: ["greater", 5], from5: ["greaterEqual", 5], above4: ["greater", 4] } as const
        )[rectifies];
        return { c1, c2, rhoMax, rho, factor, rectified: select(rho, comparison, threshold, 1, 0) };
      },
      update: (variables) => {
        const { x, g, lr, eps, epsRoot, weightDecay, c1, c2, factor, rectified } = variables;
        const next = moments(variables, add(g, mul(weightDecay, x)));
        const root =
          epsPlacement === "raw"
            ? div(add(sqrt(add(next.v, epsRoot)), eps), sqrt(c2))
            : add(sqrt(add(div(next.v, c2), epsRoot)), eps);
        const scale = select(rectified, "greater", 0, div(factor, root), 1);
        return { ...next, x: sub(x, mul(lr, mul(div(next.m, c1), scale))) };
      },
    }),
});
