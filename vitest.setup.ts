import fc from "fast-check";

/*
 * Properties draw from one fixed seed, so that a test that passes today passes tomorrow. `FC_SEED=random`
 * explores with new ones, `FC_SEED=<number>` repeats one: a failure prints the seed that it was found with.
 */

const { FC_SEED = "20260701" } = process.env;

if (FC_SEED !== "random") {
  if (!/^-?\d+$/.test(FC_SEED)) throw new Error(`FC_SEED is a whole number or random, found ${FC_SEED}`);
  fc.configureGlobal({ seed: Number(FC_SEED) });
}
