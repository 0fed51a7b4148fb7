import { defineRule } from "../language/defineRule.js";
import { add, div, ema, mul, pow, sqrt, square, sub } from "../language/expression.js";
import { decayRate, nonNegative, stepSize } from "../language/hyper.js";

/** AdamW: Adam with the weight decay apart from the gradient. */
export const adamw = defineRule({
  name: "adamw",
  title: "AdamW",
  summary: "Adam with decoupled weight decay",
  cite: {
    authors: "Loshchilov, Hutter",
    year: 2017,
    title: "Decoupled Weight Decay Regularization",
    url: "https://arxiv.org/abs/1711.05101",
  },
  hyper: {
    lr: stepSize(1e-3),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
    epsilon: nonNegative(1e-8, "\\varepsilon", "added to the root"),
    weightDecay: nonNegative(1e-2, "\\lambda", "decoupled weight decay"),
  },
  body: (rule) =>
    rule.elementwise({
      state: { m: 0, v: 0 },
      scalars: ({ k, beta1, beta2 }) => ({ c1: sub(1, pow(beta1, k)), c2: sub(1, pow(beta2, k)) }),
      update: ({ x, g, m, v, lr, beta1, beta2, epsilon, weightDecay, c1, c2 }) => {
        const mean = ema(m, g, beta1);
        const meanSquare = ema(v, square(g), beta2);
        const step = div(div(mean, c1), add(sqrt(div(meanSquare, c2)), epsilon));
        return { m: mean, v: meanSquare, x: sub(x, mul(lr, add(step, mul(weightDecay, x)))) };
      },
    }),
});
