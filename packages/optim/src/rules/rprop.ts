import { defineRule } from "../language/defineRule.js";
import { max, min, mul, select, sign, sub } from "../language/expression.js";
import { choice, nonNegative, positive, stepSize } from "../language/hyper.js";
import { maximizeArgument } from "./shared/originals.js";

const defaults = { lr: 1e-2, etaMinus: 0.5, etaPlus: 1.2, smallest: 1e-6, largest: 50 } as const;

/**
 * Rprop without weight backtracking, for full gradients: a coordinate whose gradient changes sign halves its
 * step, does not move and forgets the gradient. Its step size belongs to each coordinate, so that schedules
 * do not reach it.
 */
export const rprop = defineRule({
  name: "rprop",
  title: "Rprop",
  summary: "a step size a coordinate, from the signs of gradients alone",
  cite: {
    authors: "Riedmiller, Braun",
    year: 1993,
    title: "A direct adaptive method for faster backpropagation learning: the RPROP algorithm",
    url: "https://doi.org/10.1109/ICNN.1993.298623",
  },
  hyper: {
    lr: stepSize(defaults.lr, "\\alpha", "first step size of each coordinate; schedules do not change it"),
    etaMinus: nonNegative(defaults.etaMinus, "\\eta_-", "factor after a change of sign"),
    etaPlus: positive(defaults.etaPlus, "\\eta_+", "factor while the sign stays"),
    smallest: nonNegative(defaults.smallest, "\\delta_{\\min}", "smallest step size"),
    largest: positive(defaults.largest, "\\delta_{\\max}", "largest step size"),
  },
  options: {
    applies: choice(
      ["this", "previous"],
      "x makes the step just computed (torch, paper), or the one computed a step earlier unless the sign has changed since (optax)",
    ),
  },
  symbols: { delta: "\\delta", previous: "p" },
  presets: {
    torch: {
      values: { ...defaults, applies: "this" },
      arguments: {
        lr: "lr",
        etas: { tuple: ["etaMinus", "etaPlus"] },
        step_sizes: { tuple: ["smallest", "largest"] },
        maximize: maximizeArgument,
      },
    },
    optax: {
      values: { ...defaults, applies: "previous" },
      arguments: {
        learning_rate: "lr",
        eta_minus: "etaMinus",
        eta_plus: "etaPlus",
        min_step_size: "smallest",
        max_step_size: "largest",
      },
    },
    paper: {
      values: { ...defaults, lr: 0.1, applies: "this" },
      arguments: {
        delta_0: "lr",
        eta_minus: "etaMinus",
        eta_plus: "etaPlus",
        delta_min: "smallest",
        delta_max: "largest",
      },
    },
  },
  body: (rule, { applies }) =>
    rule.elementwise({
      state: { delta: rule.hyper.lr, previous: 0 },
      update: ({ x, g, delta, previous, etaMinus, etaPlus, smallest, largest }) => {
        // The sign of the gradient, since the product of two small numbers would vanish.
        const agreement = mul(sign(g), previous);
        const factor = select(agreement, "equal", 0, 1, select(agreement, "greater", 0, etaPlus, etaMinus));
        const size = min(max(mul(delta, factor), smallest), largest);
        const unlessTurned = (step: typeof x) => select(agreement, "greaterEqual", 0, step, 0);
        const step = unlessTurned(mul(size, sign(g)));
        return {
          delta: size,
          previous: step,
          x: sub(x, applies === "this" ? step : unlessTurned(previous)),
        };
      },
    }),
});
