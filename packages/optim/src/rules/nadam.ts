import { defineRule } from "../language/defineRule.js";
import { add, div, mul, pow, sub } from "../language/expression.js";
import { choice, nonNegative, stepSize } from "../language/hyper.js";
import {
  adamDefaults,
  adamDirection,
  adamHyper,
  biasCorrections,
  moments,
  optaxAdamArguments,
  torchAdamArguments,
} from "./shared/adamFamily.js";
import { noDecayMask } from "./shared/originals.js";

const defaults = { ...adamDefaults, lr: 2e-3, weightDecay: 0 } as const;

/**
 * NAdam, of which there are two: torch warms the momentum up, μ_k = β₁(1 − ½·0.96^(kψ)), and debiases by the
 * product of all μ; optax keeps β₁. AlgoPerf's third, which debiases the look-ahead as a whole, is the rule
 * nadamw.
 */
export const nadam = defineRule({
  name: "nadam",
  title: "NAdam",
  summary: "Adam with Nesterov's look-ahead in the mean of gradients",
  cite: {
    authors: "Dozat",
    year: 2016,
    title: "Incorporating Nesterov Momentum into Adam",
    url: "https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ",
  },
  hyper: {
    ...adamHyper,
    lr: stepSize(defaults.lr),
    momentumDecay: nonNegative(4e-3, "\\psi", "how fast the momentum warms up"),
    weightDecay: nonNegative(0, "\\lambda", "weight decay"),
  },
  options: {
    momentum: choice(
      ["scheduled", "constant"],
      "μ_k warms up to β₁ (torch, paper), or is β₁ throughout (optax)",
    ),
    decay: choice(
      ["coupled", "decoupled"],
      "λx is added to the gradient (torch), or to the step (torch with decoupled_weight_decay)",
    ),
  },
  symbols: {
    mu: "\\mu_k",
    next: "\\mu_{k+1}",
    product: "\\pi",
    products: "\\pi_k",
    gradientWeight: "a",
    meanWeight: "b",
  },
  presets: {
    torch: {
      values: { ...defaults, momentumDecay: 4e-3, momentum: "scheduled", decay: "coupled" },
      arguments: {
        ...torchAdamArguments,
        weight_decay: "weightDecay",
        momentum_decay: "momentumDecay",
        decoupled_weight_decay: {
          values: { false: { decay: "coupled" }, true: { decay: "decoupled" } },
        },
      },
    },
    optax: {
      values: { ...defaults, momentum: "constant", decay: "coupled" },
      // optax.nadam, and optax.nadamw where weight_decay is given.
      arguments: {
        ...optaxAdamArguments,
        weight_decay: { name: "weightDecay", enables: { decay: "decoupled" } },
        mask: noDecayMask,
      },
    },
  },
  body: (rule, { momentum, decay }) => {
    const scheduled = momentum === "scheduled";
    return rule.elementwise({
      state: { m: 0, v: 0 },
      carried: { product: scheduled ? 1 : undefined },
      scalars: (variables) => {
        const { k, beta1, momentumDecay, product } = variables;
        const momentumAt = (step: typeof k) =>
          scheduled ? mul(beta1, sub(1, mul(0.5, pow(0.96, mul(step, momentumDecay))))) : beta1;
        const [mu, next] = [momentumAt(k), momentumAt(add(k, 1))];
        const products = scheduled ? mul(product, mu) : pow(beta1, k);
        return {
          c2: biasCorrections(variables).c2,
          mu,
          next,
          products,
          gradientWeight: div(sub(1, mu), sub(1, products)),
          meanWeight: div(next, sub(1, mul(products, next))),
        };
      },
      update: (variables) => {
        const { x, g, lr, weightDecay, c2, gradientWeight, meanWeight } = variables;
        const decayed = mul(weightDecay, x);
        const gradient = decay === "coupled" ? add(g, decayed) : g;
        const next = moments(variables, gradient);
        const mean = add(mul(meanWeight, next.m), mul(gradientWeight, gradient));
        const direction = adamDirection(variables, mean, div(next.v, c2));
        const step = decay === "coupled" ? direction : add(direction, decayed);
        return { ...next, x: sub(x, mul(lr, step)) };
      },
      carry: ({ products }) => (scheduled ? { product: products } : {}),
    });
  },
});
