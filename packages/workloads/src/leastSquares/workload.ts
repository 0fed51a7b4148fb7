import { normal } from "@steepest/nn";
import { gaussianFeatures, linearTargets } from "../finiteSums/generators.js";
import { leastSquares } from "../finiteSums/linearModels.js";
import { baseOf } from "../heldOut.js";
import { linearWorkload, splitsOf } from "../linear/linearWorkload.js";

const DIMENSION = 100;
/**
 * Entries of about 20 make true weights of 0.01: about the size that weights of networks have, which is what
 * the usual learning rates are made for.
 */
const SCALE = 20;
const DEVIATION = 0.01;
const sizes = { train: 8192, validation: 2048, test: 2048 };
/** The data are the same for every run: a run's seed decides where it begins and in which order it reads. */
const SEED = 0;

/**
 * Least squares, ill-conditioned twice: features in unlike units, which a step size for each coordinate sets
 * right, and correlated, which none does. Drawn by code, validation and test from the law that training
 * follows.
 */
export const leastSquaresWorkload = baseOf({
  name: "least-squares",
  description: `ill-conditioned least squares: ${DIMENSION} correlated features in unlike units, drawn by code`,
  defaults: { batchSize: 64, epochs: 12 },
  metric: "loss",
  budget: { stepHint: 2000, steps: 2000, evaluateEvery: 50 },
  setting: {
    /** Of the correlations. */
    conditionNumber: 100,
    /** Ratio between the units of features. */
    spread: 30,
    /** Standard deviation of the targets' noise. */
    noise: 0.02,
    /** Standard deviation of the first weights. */
    initial: 0,
  },
  heldOut: {
    correlation: { difference: "correlations of condition number 1000", setting: { conditionNumber: 1000 } },
    "equal-units": { difference: "features in equal units", setting: { spread: 1 } },
    noise: { difference: "targets with 5 times the noise", setting: { noise: 0.1 } },
    "large-init": { difference: "first weights N(0, 0.02²)", setting: { initial: 0.02 } },
  },
  async load({ conditionNumber, noise, spread, initial }) {
    const splits = splitsOf(sizes);
    const shape = { count: splits.test.end, dimension: DIMENSION, scale: SCALE };
    const features = gaussianFeatures({ ...shape, conditionNumber, spread, seed: SEED });
    return linearWorkload({
      ...{ splits, source: "Gaussian features, drawn by code" },
      model: leastSquares(features, linearTargets(features, noise, SEED, DEVIATION)),
      initialise: normal(initial)({ in: DIMENSION, out: 1 }),
    });
  },
});
