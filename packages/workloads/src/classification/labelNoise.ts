import { randomStream } from "@steepest/random";
import type { ImageDataset } from "../images/imageSet.js";

/**
 * A data set of which a share of the training labels is turned into another class, each other one with the
 * same probability. Validation and test stay right, so that they tell what was learnt from what was only
 * remembered.
 */
export function withWrongLabels(dataset: ImageDataset, share: number, seed: number): ImageDataset {
  if (share === 0) return dataset;
  const { classes, splits } = dataset;
  const stream = randomStream(seed, "wrong labels");
  const labels = dataset.labels.slice();
  for (let i = splits.train.start; i < splits.train.end; i++) {
    if (stream.uniform() < share) labels[i] = ((labels[i] ?? 0) + 1 + stream.integer(classes - 1)) % classes;
  }
  return { ...dataset, labels };
}
