import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, pow, sqrt, sub } from "../language/expression.js";
import { choice, flag, nonNegative, positive } from "../language/hyper.js";
import {
  adamDefaults,
  adamHyper,
  algoperfAdamArguments,
  biasCorrections,
  moments,
} from "./shared/adamFamily.js";
import { decoupledDecay } from "./shared/originals.js";

/**
 * NadamP, a submission to AlgoPerf: NAdamW that takes the p-th root of the mean of squared gradients,
 * whatever p.
 */
export const nadamp = defineRule({
  name: "nadamp",
  title: "NadamP",
  summary: "NAdamW with a p-th root in place of the square root",
  cite: {
    authors: "Kasimbeg, Schneider, Eschenhagen, Bae, et al.",
    year: 2025,
    title: "Accelerating Neural Network Training: An Analysis of the AlgoPerf Competition",
    url: "https://arxiv.org/abs/2502.15015",
  },
  hyper: {
    ...adamHyper,
    eps: nonNegative(1e-8, "\\varepsilon", "added to the root of v̂"),
    degree: positive(2, "p", "degree of the root taken of the mean of squared gradients"),
    weightDecay: decoupledDecay(0),
  },
  options: {
    nesterov: flag(true, "look ahead; without it the mean is not debiased"),
    root: choice(
      ["square", "power"],
      "the square root, or the p-th root, which costs several times the time",
    ),
  },
  presets: {
    algoperf: {
      values: { ...adamDefaults, weightDecay: 0, nesterov: true, root: "square" },
      arguments: {
        ...algoperfAdamArguments,
        nesterov: "nesterov",
        power: { name: "degree", enables: { root: "power" } },
      },
    },
  },
  body: (rule, { nesterov, root }) =>
    rule.elementwise({
      state: { m: 0, v: 0 },
      scalars: (variables) => {
        const { c1, c2 } = biasCorrections(variables);
        return { c1: nesterov ? c1 : undefined, c2 };
      },
      update: (variables) => {
        const { x, g, lr, beta1, eps, epsRoot, degree, weightDecay, c1, c2 } = variables;
        const next = moments(variables, g);
        const mean = nesterov ? div(ema(next.m, g, beta1), c1) : next.m;
        const meanSquare = add(div(next.v, c2), epsRoot);
        const size = root === "square" ? sqrt(meanSquare) : pow(meanSquare, div(1, degree));
        const direction = div(mean, add(size, eps));
        return { ...next, x: sub(x, mul(lr, add(direction, mul(weightDecay, x)))) };
      },
    }),
});
