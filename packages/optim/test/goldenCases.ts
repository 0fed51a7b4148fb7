import type { PresetName } from "../src/language/rule.js";
import { fromOriginal } from "../src/originals.js";
import type { OptimizerSpec } from "../src/spec.js";
import type { Golden } from "./golden.js";

/** A lecture's own transcription has our names; `lambda` is its weight decay. */
const lecture = (name: string): ((golden: Golden) => OptimizerSpec) => {
  return ({ hyper }) => ({
    name,
    hyper: Object.fromEntries(
      Object.entries(hyper).map(([key, value]) => [key === "lambda" ? "weightDecay" : key, Number(value)]),
    ),
    options: {},
  });
};

const original =
  (name: string, preset: PresetName): ((golden: Golden) => OptimizerSpec) =>
  ({ hyper }) =>
    fromOriginal(name, preset, hyper);

/** Every recorded case of our rules and how its call reads in our words. */
export const cases: Readonly<Record<string, (golden: Golden) => OptimizerSpec>> = {
  "sgd-plain": original("sgd", "torch"),
  "sgd-momentum": original("momentum", "torch"),
  "sgd-nesterov": original("nesterov", "torch"),
  "adagrad-lecture": lecture("adagrad"),
  "adagrad-default": original("adagrad", "torch"),
  "adagrad-optax": original("adagrad", "optax"),
  "rmsprop-lecture": lecture("rmsprop"),
  "rmsprop-default": original("rmsprop", "torch"),
  "rmsprop-centered-momentum": original("rmsprop", "torch"),
  "rmsprop-optax": original("rmsprop", "optax"),
  "adadelta-lecture": lecture("adadelta"),
  "adadelta-default": original("adadelta", "torch"),
  "adadelta-optax": original("adadelta", "optax"),
  "adam-lecture": lecture("adam"),
  "adam-default": original("adam", "torch"),
  "amsgrad-torch": original("amsgrad", "torch"),
  "amsgrad-optax": original("amsgrad", "optax"),
  "adamw-lecture": lecture("adamw"),
  "adamw-default": original("adamw", "torch"),
  "adamw-amsgrad": original("adamw", "torch"),
  "lamb-default": original("lamb", "optax"),
  "lamb-wd": original("lamb", "optax"),
};
