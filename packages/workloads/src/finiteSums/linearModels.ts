import { SteepestError } from "@steepest/optim";
import { at, type MutableVector, type Vector } from "../vector.js";
import type { FiniteSum } from "./finiteSum.js";
import type { Rows } from "./rows.js";

/** A finite sum whose samples are losses of the predictions aᵢᵀx. */
export interface LinearModel extends FiniteSum {
  /** Bytes of features and targets. */
  readonly dataBytes: number;
  /** aᵢᵀx */
  predict(i: number, x: Vector): number;
  /** The loss of sample i at a prediction, without regularisation. */
  loss(i: number, prediction: number): number;
  /** Writes the mean gradient of a mini-batch into `out` and gives the mean of its fᵢ(x). */
  batchGradient(samples: ArrayLike<number>, x: Vector, out: MutableVector): number;
}

/** A sample's loss as a function of its prediction z = aᵢᵀx. */
interface PredictionLoss {
  value(prediction: number, target: number): number;
  derivative(prediction: number, target: number): number;
  /** The largest second derivative. */
  readonly curvature: number;
}

const squared: PredictionLoss = {
  value: (prediction, target) => (prediction - target) ** 2 / 2,
  derivative: (prediction, target) => prediction - target,
  curvature: 1,
};

const logistic: PredictionLoss = {
  // log(1 + e^-m) of the margin m, with an exponential that cannot overflow.
  value(prediction, target) {
    const margin = prediction * target;
    return Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
  },
  derivative(prediction, target) {
    const decay = Math.exp(-Math.abs(prediction));
    const likely = prediction * target > 0 ? decay / (1 + decay) : 1 / (1 + decay);
    return -target * likely;
  },
  curvature: 1 / 4,
};

function linearModel(
  name: string,
  features: Rows,
  targets: Float64Array,
  regularisation: number,
  loss: PredictionLoss,
): LinearModel {
  const { rows: count, columns: dimension } = features;
  if (targets.length !== count || count === 0) {
    throw new SteepestError(
      "shape-mismatch",
      `${name}: expected one target for each of ${count} samples and at least one sample, found ${targets.length} targets`,
      "Give one target a row",
    );
  }
  if (!(regularisation >= 0 && Number.isFinite(regularisation))) {
    throw new SteepestError(
      "invalid-value",
      `${name}: expected a finite regularisation >= 0, found ${regularisation}`,
      "Use 0 for none",
    );
  }
  const lossOf = (i: number, prediction: number) => loss.value(prediction, at(targets, i));
  const slope = (i: number, prediction: number) => loss.derivative(prediction, at(targets, i));
  const penalty = (x: Vector): number => {
    let square = 0;
    for (let j = 0; j < dimension; j++) square += at(x, j) ** 2;
    return (regularisation / 2) * square;
  };
  let largestNorm = 0;
  for (let i = 0; i < count; i++) largestNorm = Math.max(largestNorm, features.squaredNorm(i));
  return {
    name,
    count,
    dimension,
    dataBytes: features.bytes + targets.byteLength,
    smoothness: loss.curvature * largestNorm + regularisation,
    value(x) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += lossOf(i, features.dot(i, x));
      return sum / count + penalty(x);
    },
    gradient(x, out) {
      for (let j = 0; j < dimension; j++) out[j] = regularisation * at(x, j);
      for (let i = 0; i < count; i++) features.addTo(i, slope(i, features.dot(i, x)) / count, out);
    },
    sampleGradient(i, x, out) {
      if (!Number.isInteger(i) || i < 0 || i >= count) {
        throw new SteepestError(
          "invalid-value",
          `${name}: expected a sample 0..${count - 1}, found ${i}`,
          "Draw one of them",
        );
      }
      for (let j = 0; j < dimension; j++) out[j] = regularisation * at(x, j);
      features.addTo(i, slope(i, features.dot(i, x)), out);
    },
    predict: (i, x) => features.dot(i, x),
    loss: lossOf,
    batchGradient(samples, x, out) {
      for (let j = 0; j < dimension; j++) out[j] = regularisation * at(x, j);
      let sum = 0;
      for (let k = 0; k < samples.length; k++) {
        const i = at(samples, k);
        const prediction = features.dot(i, x);
        sum += lossOf(i, prediction);
        features.addTo(i, slope(i, prediction) / samples.length, out);
      }
      return sum / samples.length + penalty(x);
    },
  };
}

/**
 * f(x) = (1/n) Σᵢ ½ (aᵢᵀx − bᵢ)² + (λ/2) |x|², each sample with the whole regularisation.
 * @throws SteepestError `shape-mismatch` or `invalid-value`.
 */
export const leastSquares = (features: Rows, targets: Float64Array, regularisation = 0): LinearModel =>
  linearModel("least squares", features, targets, regularisation, squared);

/**
 * f(x) = (1/n) Σᵢ log(1 + exp(−yᵢ aᵢᵀx)) + (λ/2) |x|² with labels yᵢ = ±1, each sample with the whole
 * regularisation.
 * @throws SteepestError `shape-mismatch` or `invalid-value`.
 */
export function logisticRegression(features: Rows, labels: Float64Array, regularisation = 0): LinearModel {
  const other = labels.find((label) => label !== 1 && label !== -1);
  if (other !== undefined) {
    throw new SteepestError(
      "invalid-value",
      `logistic regression: expected labels 1 or -1, found ${other}`,
      "Map the two classes to 1 and -1",
    );
  }
  return linearModel("logistic regression", features, labels, regularisation, logistic);
}
