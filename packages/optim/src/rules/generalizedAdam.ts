import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, sub } from "../language/expression.js";
import { flag } from "../language/hyper.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  algoperfAdamArguments,
  biasCorrections,
  moments,
} from "./shared/adamFamily.js";
import { decoupledDecay } from "./shared/originals.js";

/**
 * AlgoPerf's submission that searches over forms: NAdam, Adam with a raw mean, Nesterov momentum or the heavy
 * ball, all with decoupled decay.
 */
export const generalizedAdam = defineRule({
  name: "generalized-adam",
  title: "Generalized Adam",
  summary: "one rule from SGD with momentum to NAdamW, as two flags choose",
  cite: {
    authors: "Kasimbeg, Schneider, Eschenhagen, Bae, et al.",
    year: 2025,
    title: "Accelerating Neural Network Training: An Analysis of the AlgoPerf Competition",
    url: "https://arxiv.org/abs/2502.15015",
  },
  hyper: { ...adamHyper, weightDecay: decoupledDecay(0) },
  options: {
    nesterov: flag(true, "look ahead; without it, the preconditioned rule does not debias the mean"),
    disablePreconditioning: flag(false, "no division: a decaying sum of gradients in place of the mean"),
  },
  presets: {
    algoperf: {
      values: { ...adamDefaults, weightDecay: 0, nesterov: true, disablePreconditioning: false },
      arguments: {
        ...algoperfAdamArguments,
        nesterov: "nesterov",
        disable_preconditioning: "disablePreconditioning",
      },
    },
  },
  body: (rule, { nesterov, disablePreconditioning }) =>
    rule.elementwise({
      state: { m: 0, v: disablePreconditioning ? undefined : 0 },
      scalars: (variables) => {
        const { c1, c2 } = biasCorrections(variables);
        return {
          c1: nesterov && !disablePreconditioning ? c1 : undefined,
          c2: disablePreconditioning ? undefined : c2,
        };
      },
      update: (variables) => {
        const { x, g, m, lr, beta1, weightDecay, c1, c2 } = variables;
        const stepped = (direction: typeof g) => sub(x, mul(lr, add(direction, mul(weightDecay, x))));
        if (disablePreconditioning) {
          const sum = add(g, mul(beta1, m));
          return { m: sum, x: stepped(nesterov ? add(g, mul(beta1, sum)) : sum) };
        }
        const next = moments(variables, g);
        const mean = nesterov ? div(ema(next.m, g, beta1), c1) : next.m;
        return { ...next, x: stepped(adamDirection(variables, mean, div(next.v, c2))) };
      },
    }),
});
