import { normal } from "@steepest/nn";
import { classLabels, zipfFeatures } from "../finiteSums/generators.js";
import { logisticRegression } from "../finiteSums/linearModels.js";
import { baseOf } from "../heldOut.js";
import { linearWorkload, splitsOf } from "../linear/linearWorkload.js";

const WORDS = 400;
const WORDS_PER_TEXT = 12;
/**
 * Entries of 20 make true weights of 0.05: about the size that weights of networks have, which is what the
 * usual learning rates are made for.
 */
const SCALE = 20;
/** So many texts that a run sees each less than three times: little can be overfitted, and more steps help. */
const sizes = { train: 49_152, validation: 4096, test: 4096 };
/** The data are the same for every run: a run's seed decides where it begins and in which order it reads. */
const SEED = 0;

/**
 * Logistic regression on bags of words: most words are rare, so that a learning rate that suits the common
 * ones leaves the rare ones where they were. Texts and labels are drawn by code, validation and test from the
 * law that training follows.
 */
export const sparseLogistic = baseOf({
  name: "sparse-logistic",
  description: `logistic regression on bags of ${WORDS_PER_TEXT} of ${WORDS} words, drawn after Zipf's law`,
  defaults: { batchSize: 64, epochs: 2 },
  metric: "loss",
  budget: { stepHint: 2000, steps: 2000, evaluateEvery: 50 },
  setting: {
    /** Of Zipf's law: the power of its rank with which a word becomes rarer. */
    exponent: 1.3,
    /** Share of labels turned into the wrong class. */
    flipped: 0,
    /** Ratio between the scales of features. */
    spread: 1,
    /** Standard deviation of the first weights. */
    initial: 0,
  },
  heldOut: {
    "heavy-tail": {
      difference: "rare words are rarer (Zipf's law with exponent 1.7)",
      setting: { exponent: 1.7 },
    },
    "label-noise": { difference: "a tenth of the labels is wrong", setting: { flipped: 0.1 } },
    "scaled-features": { difference: "counts in units up to 30 times apart", setting: { spread: 30 } },
    "large-init": { difference: "first weights N(0, 0.05²)", setting: { initial: 0.05 } },
  },
  async load({ exponent, flipped, spread, initial }) {
    const splits = splitsOf(sizes);
    const count = splits.test.end;
    const shape = { count, dimension: WORDS, entriesPerRow: WORDS_PER_TEXT, scale: SCALE };
    const features = zipfFeatures({ ...shape, exponent, spread, seed: SEED });
    const labels = classLabels(features, SEED, { deviation: 1 / SCALE, flipped });
    return linearWorkload({
      ...{ splits, source: "bags of words, drawn by code" },
      model: logisticRegression(features, labels),
      initialise: normal(initial)({ in: WORDS, out: 1 }),
      right: (i, prediction) => prediction * (labels[i] ?? Number.NaN) > 0,
    });
  },
});
