import { defineRule } from "../language/defineRule.js";
import {
  add,
  div,
  type Expression,
  ema,
  max,
  min,
  mod,
  mul,
  neg,
  pow,
  select,
  sub,
} from "../language/expression.js";
import { choice, count, decayRate, flag, nonNegative, positive, stepSize } from "../language/hyper.js";
import { decoupledDecay, noDecayMask, noMeanPrecision } from "./shared/originals.js";

const defaults = {
  lr: 1e-3,
  beta1: 0.965,
  beta2: 0.99,
  eps: 1e-8,
  gamma: 0.01,
  clip: 1,
  interval: 10,
  weightDecay: 1e-4,
} as const;

type Among<Names extends string> = Readonly<Record<Names, Expression>>;

/**
 * Sophia: Newton's step of each coordinate, clipped. Every tenth step the caller fills the input `hessian`
 * with an estimate of the Hessian's diagonal (Hutchinson's or Gauss–Newton–Bartlett's); while it never does,
 * h is 0 and every step is of the clipped size.
 */
export const sophia = defineRule({
  name: "sophia",
  title: "Sophia",
  summary: "mean of gradients over a mean of the Hessian's diagonal, clipped",
  cite: {
    authors: "Liu, Li, Hall, Liang, Ma",
    year: 2023,
    title: "Sophia: A Scalable Stochastic Second-order Optimizer for Language Model Pre-training",
    url: "https://arxiv.org/abs/2305.14342",
  },
  hyper: {
    lr: stepSize(defaults.lr),
    beta1: decayRate(defaults.beta1, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(defaults.beta2, "\\beta_2", "decay of the mean of Hessian diagonals"),
    eps: positive(defaults.eps, "\\varepsilon", "smallest divisor"),
    gamma: nonNegative(defaults.gamma, "\\gamma", "factor of the Hessian"),
    clip: positive(defaults.clip, "\\rho", "largest size of a coordinate's direction"),
    interval: count(defaults.interval, "K", "steps from one use of the input `hessian` to the next"),
    weightDecay: decoupledDecay(defaults.weightDecay),
  },
  options: {
    refresh: choice(
      ["after", "before"],
      "steps 1, 1 + K, … take in the Hessian after they have used the old h (optax), or before (paper)",
    ),
    debias: flag(true, "divide the mean of gradients by 1 − β₁ᵏ (optax); the paper does not"),
  },
  presets: {
    optax: {
      values: { ...defaults, refresh: "after", debias: true },
      arguments: {
        learning_rate: "lr",
        b1: "beta1",
        b2: "beta2",
        eps: "eps",
        weight_decay: "weightDecay",
        weight_decay_mask: noDecayMask,
        gamma: "gamma",
        clip_threshold: "clip",
        update_interval: "interval",
        mu_dtype: noMeanPrecision,
      },
    },
    paper: {
      values: { ...defaults, beta1: 0.96, eps: 1e-12, weightDecay: 0.2, refresh: "before", debias: false },
      arguments: {
        eta: "lr",
        beta1: "beta1",
        beta2: "beta2",
        epsilon: "eps",
        lambda: "weightDecay",
        gamma: "gamma",
        k: "interval",
      },
    },
  },
  body: (rule, { refresh, debias }) => {
    const chain = rule.phases({ state: { m: 0, h: 0 }, inputs: ["hessian"] });
    const takesHessian = {
      when: ({ k, interval }: Among<"k" | "interval">) => select(mod(sub(k, 1), interval), "equal", 0, 1, 0),
      update: ({ h, hessian, beta2 }: Among<"h" | "hessian" | "beta2">) => ({ h: ema(h, hessian, beta2) }),
    };
    const steps = {
      update: ({
        x,
        g,
        k,
        m,
        h,
        lr,
        beta1,
        eps,
        gamma,
        clip,
        weightDecay,
      }: Among<"x" | "g" | "k" | "m" | "h" | keyof typeof defaults>) => {
        const mean = ema(m, g, beta1);
        const debiased = debias ? div(mean, sub(1, pow(beta1, k))) : mean;
        const newton = div(debiased, max(mul(gamma, h), eps));
        const direction = max(min(newton, clip), neg(clip));
        return { m: mean, x: sub(x, mul(lr, add(direction, mul(weightDecay, x)))) };
      },
    };
    return refresh === "before"
      ? chain.phase(takesHessian).phase(steps)
      : chain.phase(steps).phase(takesHessian);
  },
});
