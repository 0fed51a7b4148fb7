import {
  add,
  argMax,
  cast,
  equal,
  gatherElements,
  logSoftmax,
  mean,
  multiply,
  negate,
  reshape,
  subtract,
  type Tensor,
} from "@steepest/graph";
import { SteepestError } from "@steepest/optim";

/** The mean over all elements of (prediction − target)². Shapes broadcast. */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  const error = subtract(prediction, target);
  return mean(multiply(error, error));
}

/** What is not usual about a cross-entropy. */
export interface CrossEntropyOptions {
  /**
   * ε: the target is 1 − ε on the label and ε spread evenly over all classes (Szegedy et al. 2016). Default
   * 0.
   */
  readonly labelSmoothing?: number;
}

function checkClassification(what: string, logits: Tensor, labels: Tensor): void {
  const [examples] = logits.shape;
  if (logits.shape.length !== 2 || labels.shape.join() !== String(examples)) {
    throw new SteepestError(
      "shape-mismatch",
      `${what}: expected logits [examples, classes] and labels [examples], found [${logits.shape.join(", ")}] and [${labels.shape.join(", ")}]`,
      "Reshape both to one row an example",
    );
  }
}

/**
 * The cross-entropy of each example, [examples], from logits [examples, classes] and int32 labels [examples]:
 * −(1 − ε) log p(label) − ε mean(log p), by a log-softmax that subtracts the largest logit first, so that no
 * exponential overflows. A run with a label beyond the last class fails.
 * @throws SteepestError `shape-mismatch`, or `invalid-value` where the smoothing is not in [0, 1].
 */
export function crossEntropyPerExample(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  checkClassification("cross-entropy", logits, labels);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new SteepestError(
      "invalid-value",
      `cross-entropy: expected label smoothing in [0, 1], found ${labelSmoothing}`,
      "Usual values are 0 and 0.1",
    );
  }
  const logProbabilities = logSoftmax(logits);
  const column = gatherElements(logProbabilities, reshape(labels, [-1, 1]), { axis: 1 });
  const ofLabel = reshape(column, labels.shape);
  if (labelSmoothing === 0) return negate(ofLabel);
  const smooth = mean(logProbabilities, { axes: [1] });
  return negate(add(multiply(ofLabel, 1 - labelSmoothing), multiply(smooth, labelSmoothing)));
}

/** The mean of {@link crossEntropyPerExample} over the examples: a scalar. */
export const crossEntropy = (logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor =>
  mean(crossEntropyPerExample(logits, labels, options));

/**
 * 1 where the largest logit (the first of equal ones) is the label's, else 0; float32 [examples].
 * @throws SteepestError `shape-mismatch`.
 */
export function correctPerExample(logits: Tensor, labels: Tensor): Tensor {
  checkClassification("accuracy", logits, labels);
  const predicted = argMax(logits, { axis: 1 });
  return cast(equal(cast(predicted, "int32"), labels), "float32");
}

/** The share of examples whose largest logit is the label's: a scalar. */
export const accuracy = (logits: Tensor, labels: Tensor): Tensor => mean(correctPerExample(logits, labels));
