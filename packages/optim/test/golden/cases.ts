import type { PresetName } from "../../src/language/rule.js";
import type { GroupSpec } from "../../src/optimizer/config.js";
import { fromOriginal } from "../../src/originals.js";
import type { OptimizerSpec } from "../../src/spec.js";
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

/** optax's lookahead: its own arguments, and those of the optimizer that it wraps. */
const lookahead = ({ hyper }: Golden): OptimizerSpec => {
  const { fast_optimizer, sync_period, slow_step_size, reset_state, ...fast } = hyper;
  if (reset_state !== false) throw new Error("the state of the fast optimizer is kept here");
  return fromOriginal("lookahead", "optax", fast, {
    hyper: { syncPeriod: Number(sync_period), slowStepSize: Number(slow_step_size) },
    options: { base: String(fast_optimizer) },
  });
};

/** Amos' expected scales differ from parameter to parameter: they go to the groups. */
const amos = ({ hyper: { eta: _, ...hyper } }: Golden): OptimizerSpec =>
  fromOriginal("amos", "algoperf", hyper);

/** The groups of a case whose parameters have scales of their own. */
export const groupsOf = ({ hyper: { eta }, params }: Golden): readonly GroupSpec[] =>
  Array.isArray(eta) ? params.map(({ name }, p) => ({ names: [name], hyper: { eta: Number(eta[p]) } })) : [];

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
  "amos-adam": amos,
  "amos-reduced": amos,
  "dadapt-sgd-default": original("dadapt-sgd", "authors"),
  "dadapt-adam-default": original("dadapt-adam", "authors"),
  "prodigy-default": original("prodigy", "authors"),
  "prodigy-bias-wd": original("prodigy", "authors"),
  "schedulefree-sgd-default": original("schedule-free-sgd", "authors"),
  "schedulefree-sgd-warmup": original("schedule-free-sgd", "authors"),
  "schedulefree-adamw-default": original("schedule-free-adamw", "authors"),
  "schedulefree-adamw-warmup-wd": original("schedule-free-adamw", "authors"),
  "schedulefree-radam-default": original("schedule-free-radam", "authors"),
  "schedulefree-prodigy-default": original("schedule-free-prodigy", "algoperf"),
  "adamax-default": original("adamax", "torch"),
  "adamax-optax": original("adamax", "optax"),
  "nadam-default": original("nadam", "torch"),
  "nadam-optax": original("nadam", "optax"),
  "nadamw-default": original("nadamw", "algoperf"),
  "generalized-adam-default": original("generalized-adam", "algoperf"),
  // The original takes b2 and has no use for it; ours says so.
  "generalized-adam-sgd": ({ hyper: { b2: _, ...hyper } }) =>
    fromOriginal("generalized-adam", "algoperf", hyper),
  "radam-default": original("radam", "torch"),
  "radam-optax": original("radam", "optax"),
  "ademamix-default": original("ademamix", "authors"),
  "ademamix-warmup": original("ademamix", "authors"),
  "adabelief-optax": original("adabelief", "optax"),
  "yogi-optax": original("yogi", "optax"),
  "adan-optax": original("adan", "optax"),
  "lion-default": original("lion", "torch"),
  "lion-paper": original("lion", "paper"),
  "rprop-default": original("rprop", "torch"),
  "rprop-optax": original("rprop", "optax"),
  // Recorded from the single-tensor form, which its default is not.
  "cautious-adamw-default": ({ hyper }) =>
    fromOriginal("cautious-adamw", "authors", { ...hyper, foreach: false }),
  "cautious-lion-default": original("cautious-lion", "authors"),
  "sophia-default": original("sophia", "optax"),
  "nadamp-default": original("nadamp", "algoperf"),
  "nadamp-power15": original("nadamp", "algoperf"),
  "lookahead-sgd": lookahead,
  "lookahead-adam": lookahead,
};
