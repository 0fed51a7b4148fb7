import { fromOriginal } from "../src/originals.js";
import type { OptimizerSpec } from "../src/spec.js";
import type { Golden } from "./golden.js";

/** The lecture's forms of Muon have the exact polar factor, nothing else. */
const lectureMuon = ({ hyper }: Golden): OptimizerSpec => ({
  name: "muon",
  hyper: { lr: Number(hyper.lr), momentum: Number(hyper.momentum) },
  options: { method: "svd", nesterov: false, scale: "none" },
});

/** Every recorded case of our matrix rules and how its call reads in our words. */
export const matrixCases: Readonly<Record<string, (golden: Golden) => OptimizerSpec>> = {
  "shampoo-lecture": ({ hyper: { lr, beta, eps } }) => ({
    name: "shampoo",
    hyper: { lr: Number(lr), beta: Number(beta), eps: Number(eps) },
    options: {},
  }),
  "muon-default": ({ hyper }) => fromOriginal("muon", "authors", hyper),
  "muon-conv": ({ hyper }) => fromOriginal("muon", "authors", hyper),
  "muon-lecture": lectureMuon,
  "muon-lecture-momentum": lectureMuon,
};
