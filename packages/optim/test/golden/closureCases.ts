import { fromOriginal } from "../../src/originals.js";
import type { OptimizerSpec } from "../../src/spec.js";
import type { Golden } from "./golden.js";

/**
 * Every recorded case of a method that evaluates the objective itself, and how its call reads in our words.
 */
export const closureCases: Readonly<Record<string, (golden: Golden) => OptimizerSpec>> = {
  "backtracking-gd": ({ hyper: { sgd_learning_rate: learningRate, ...search } }) => {
    if (learningRate !== 1) throw new Error("the direction is the negative gradient itself");
    return fromOriginal("gd-backtracking", "optax", search);
  },
  "lbfgs-strong-wolfe": ({ hyper }) => fromOriginal("lbfgs", "torch", hyper),
  "lbfgs-strong-wolfe-20": ({ hyper }) => fromOriginal("lbfgs", "torch", hyper),
  // optax counts the descent among the steps between two syncs.
  "sam-sgd": ({ hyper: { outer, rho, sync_period, ...base } }) => {
    const { options, ...spec } = fromOriginal(String(outer), "optax", base);
    const own = { radius: Number(rho), ascentSteps: Number(sync_period) - 1 };
    return {
      ...spec,
      name: "sam",
      hyper: { ...spec.hyper, ...own },
      options: { ...options, base: String(outer) },
    };
  },
};
