import { add, mod, mul, select, sub } from "../language/expression.js";
import { count, positive } from "../language/hyper.js";
import { defineWrapper } from "./wrapper.js";

/** Lookahead: slow weights that go a part of the way to where some steps of another rule lead. */
export const lookahead = defineWrapper({
  name: "lookahead",
  title: "Lookahead",
  summary:
    "every few steps the slow weights go part of the way to the fast ones, which start again from there",
  cite: {
    authors: "Zhang, Lucas, Hinton, Ba",
    year: 2019,
    title: "Lookahead Optimizer: k steps forward, 1 step back",
    url: "https://arxiv.org/abs/1907.08610",
  },
  hyper: {
    syncPeriod: count(6, "p", "steps between two syncs"),
    slowStepSize: positive(0.5, "\\alpha_s", "the part of the way that the slow weights go"),
  },
  symbols: { slowWeights: "\\bar x" },
  body: (rule, base) =>
    rule
      .extend(base, {
        state: { slowWeights: 0 },
        begin: ({ x }) => ({ slowWeights: x }),
        evaluation: ({ slowWeights }) => slowWeights,
      })
      .phase({
        when: ({ k, syncPeriod }) => select(mod(k, syncPeriod), "equal", 0, 1, 0),
        update: ({ x, slowWeights, slowStepSize }) => {
          const synced = add(slowWeights, mul(slowStepSize, sub(x, slowWeights)));
          return { slowWeights: synced, x: synced };
        },
      }),
});
