import {
  batchesInOrder,
  defineSubmission,
  evaluateAsTrained,
  horizonOf,
  workloadBatchSize,
} from "@steepest/bench";
import {
  add,
  decayRate,
  defineRule,
  div,
  ema,
  max,
  mul,
  nonNegative,
  type Optimizer,
  pow,
  select,
  sign,
  sqrt,
  square,
  stepSize,
  sub,
} from "@steepest/optim";
import { nadamwHyper, selfTuningPoint, warmupCosine } from "./shared/nadamw.js";

const cite = {
  authors: "Liang, Chen, Liu, Liu",
  year: 2024,
  title: "Cautious Optimizers: Improving Training with One Line of Code",
  url: "https://arxiv.org/abs/2411.16085",
} as const;

/** NAdamW that moves only where its direction agrees with the gradient, the further for it. */
export const cautiousNadamw = defineRule({
  name: "cautious-nadamw",
  title: "Cautious NAdamW",
  summary: "NAdamW that moves only where its direction agrees with the gradient",
  cite,
  hyper: {
    lr: stepSize(1e-3),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean of gradients"),
    beta2: decayRate(0.999, "\\beta_2", "decay of the mean of squared gradients"),
    eps: nonNegative(1e-8, "\\varepsilon", "added to the root of v̂"),
    weightDecay: nonNegative(0, "\\lambda", "decoupled weight decay, not masked"),
  },
  symbols: { agreed: "a", size: "n", factor: "\\phi" },
  presets: {},
  body: (rule) =>
    rule
      .phases({ state: { m: 0, v: 0 } })
      .phase({
        reduce: ({ g, m, beta1 }) => ({
          agreed: {
            over: "parameter",
            sum: select(mul(sign(ema(ema(m, g, beta1), g, beta1)), g), "greater", 0, 1, 0),
          },
          size: { over: "parameter", sum: 1 },
        }),
      })
      .phase({
        scalars: ({ k, beta1, beta2, agreed, size }) => ({
          c1: sub(1, pow(beta1, k)),
          c2: sub(1, pow(beta2, k)),
          factor: div(1, max(div(agreed, size), 1e-3)),
        }),
        update: ({ x, g, m, v, lr, beta1, beta2, eps, weightDecay, c1, c2, factor }) => {
          const mean = ema(m, g, beta1);
          const meanSquare = ema(v, square(g), beta2);
          const ahead = ema(mean, g, beta1);
          const direction = div(div(ahead, c1), add(sqrt(div(meanSquare, c2)), eps));
          // The sign of one of the two, since the product of two small numbers would vanish.
          const step = select(mul(sign(ahead), g), "greater", 0, mul(factor, direction), 0);
          return { m: mean, v: meanSquare, x: sub(x, mul(lr, add(step, mul(weightDecay, x)))) };
        },
      }),
});

/** The self-tuning baseline with the mask of a cautious optimizer. */
export const submission = defineSubmission<{ optimizer: Optimizer }, typeof selfTuningPoint>({
  name: "cautious_nadamw",
  title: "Cautious NAdamW",
  cite,
  tuning: { kind: "self", hyperparameters: selfTuningPoint },
  getBatchSize: workloadBatchSize,
  initOptimizerState({ hyperparameters: point, workload: { stepHint, parameters }, optimizer }) {
    const schedule = warmupCosine(point, horizonOf(stepHint, parameters));
    const choice = { rule: cautiousNadamw, hyper: nadamwHyper(point) };
    return { optimizer: optimizer(choice, { schedule }) };
  },
  dataSelection: batchesInOrder,
  async updateParams({ state: { optimizer }, gradient }) {
    await gradient();
    optimizer.step();
    return undefined;
  },
  prepareForEval: evaluateAsTrained,
});
