import { add, div, ema, min } from "../language/expression.js";
import { decayRate, flag } from "../language/hyper.js";
import { defineWrapper } from "./wrapper.js";

/** Evaluates with an exponential moving average of the weights; training does not notice. */
export const weightEma = defineWrapper({
  name: "weight-ema",
  title: "EMA of weights",
  summary: "trains as another rule does and evaluates with a moving average of its weights",
  cite: {
    authors: "Polyak, Juditsky",
    year: 1992,
    title: "Acceleration of Stochastic Approximation by Averaging",
    url: "https://doi.org/10.1137/0330046",
  },
  hyper: {
    averageDecay: decayRate(
      0.999,
      "\\beta_x",
      "decay of the average of weights, which begins at the first weights",
    ),
  },
  options: {
    averageWarmup: flag(
      false,
      "a decay of at most (1 + k)/(10 + k), so that early weights are forgotten sooner",
    ),
  },
  symbols: { average: "\\bar x" },
  body: (rule, base, { averageWarmup }) =>
    rule
      .extend(base, {
        state: { average: 0 },
        begin: ({ x }) => ({ average: x }),
        evaluation: ({ average }) => average,
      })
      .afterwards(({ x, average, averageDecay, k }) => {
        const decay = averageWarmup ? min(averageDecay, div(add(1, k), add(10, k))) : averageDecay;
        return { average: ema(average, x, decay) };
      }),
});
