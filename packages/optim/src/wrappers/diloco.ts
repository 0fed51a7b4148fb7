import { add, mod, mul, select, sub } from "../language/expression.js";
import { count, decayRate, stepSize } from "../language/hyper.js";
import { defineWrapper } from "./wrapper.js";

/**
 * DiLoCo with one worker: what many inner steps changed is the gradient of an outer step with Nesterov
 * momentum.
 */
export const diloco = defineWrapper({
  name: "diloco",
  title: "DiLoCo (one worker)",
  summary:
    "what an inner rule changed over many steps is the gradient of an outer step with Nesterov momentum",
  cite: {
    authors: "Douillard et al.",
    year: 2023,
    title: "DiLoCo: Distributed Low-Communication Training of Language Models",
    url: "https://arxiv.org/abs/2311.08105",
  },
  hyper: {
    syncPeriod: count(75, "p", "inner steps between two outer ones"),
    outerLr: stepSize(0.3, "\\alpha_o", "outer step size"),
    outerMomentum: decayRate(0.77, "\\mu", "decay of the outer momentum"),
  },
  symbols: { outerStart: "\\bar x", outerVelocity: "b" },
  body: (rule, base) =>
    rule
      .extend(base, {
        state: { outerStart: 0, outerVelocity: 0 },
        begin: ({ x }) => ({ outerStart: x }),
      })
      .phase({
        when: ({ k, syncPeriod }) => select(mod(k, syncPeriod), "equal", 0, 1, 0),
        update: ({ x, outerStart, outerVelocity, outerLr, outerMomentum }) => {
          const change = sub(outerStart, x);
          const velocity = add(mul(outerMomentum, outerVelocity), change);
          const next = sub(outerStart, mul(outerLr, add(change, mul(outerMomentum, velocity))));
          return { outerVelocity: velocity, outerStart: next, x: next };
        },
      }),
});
