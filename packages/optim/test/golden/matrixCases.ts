import type { PresetName } from "../../src/language/rule.js";
import { fromOriginal } from "../../src/originals.js";
import type { OptimizerSpec } from "../../src/spec.js";
import type { Golden } from "./golden.js";

/** The lecture's forms of Muon have the exact polar factor, nothing else. */
const lectureMuon = ({ hyper }: Golden): OptimizerSpec => ({
  name: "muon",
  hyper: { lr: Number(hyper.lr), momentum: Number(hyper.momentum) },
  options: { method: "svd", nesterov: false, scale: "none" },
});

/** Meta's code: the grafting's arguments are an object in the recordings. */
const metaShampoo =
  (preset: PresetName) =>
  ({ hyper: { grafting_args: grafting, ...hyper } }: Golden): OptimizerSpec =>
    fromOriginal("distributed-shampoo", preset, {
      ...hyper,
      ...Object.fromEntries(
        Object.entries(grafting ?? {}).map(([name, value]) => [`grafting_${name}`, Number(value)]),
      ),
    });

/** Every recorded case of our matrix rules and how its call reads in our words. */
export const matrixCases: Readonly<Record<string, (golden: Golden) => OptimizerSpec>> = {
  "adafactor-paper": ({ hyper }) => fromOriginal("adafactor", "transformers", hyper),
  "adafactor-hf": ({ hyper }) => fromOriginal("adafactor", "transformers", hyper),
  // Its ε₁ of None is the smallest step above 1 of the parameters' numbers, which were float64.
  "adafactor-torch": ({ hyper }) => fromOriginal("adafactor", "torch", { ...hyper, eps: [2 ** -52, 1e-3] }),
  "adafactor-optax-factored": ({ hyper }) => fromOriginal("adafactor", "optax", hyper),
  "adafactor-optax-unfactored": ({ hyper }) => fromOriginal("adafactor", "optax", hyper),
  "cautious-adafactor-default": ({ hyper }) => {
    const { options, ...spec } = fromOriginal("adafactor", "transformers", hyper);
    return { ...spec, options: { ...options, cautious: true } };
  },
  "shampoo-lecture": ({ hyper: { lr, beta, eps } }) => ({
    name: "shampoo",
    hyper: { lr: Number(lr), beta: Number(beta), eps: Number(eps) },
    options: {},
  }),
  "shampoo-default-eps": metaShampoo("algoperf"),
  "shampoo-no-graft": metaShampoo("algoperf"),
  "shampoo-adam-graft": metaShampoo("algoperf"),
  "shampoo-block4-sgd": metaShampoo("algoperf"),
  "shampoo-conv-adagrad": metaShampoo("algoperf"),
  "shampoo-main-none": metaShampoo("authors"),
  "shampoo-main-adam": metaShampoo("authors"),
  "shampoo-main-block4-adagrad": metaShampoo("authors"),
  "shampoo-main-eigenvalue-corrected": metaShampoo("authors"),
  "caspr-default": ({ hyper }) => fromOriginal("caspr", "algoperf", hyper),
  "soap-default": ({ hyper }) => fromOriginal("soap", "authors", hyper),
  "soap-conv": ({ hyper }) => fromOriginal("soap", "authors", hyper),
  "muon-default": ({ hyper }) => fromOriginal("muon", "authors", hyper),
  "muon-conv": ({ hyper }) => fromOriginal("muon", "authors", hyper),
  "muon-lecture": lectureMuon,
  "muon-lecture-momentum": lectureMuon,
};
