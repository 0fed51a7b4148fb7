import { expect, it } from "vitest";
import type { ImageDataset } from "../images/imageSet.js";
import { withWrongLabels } from "./labelNoise.js";

const CLASSES = 4;
const TRAIN = 20_000;
const dataset: ImageDataset = {
  source: "test",
  procedural: true,
  height: 1,
  width: 1,
  classes: CLASSES,
  pixels: new Uint8Array(TRAIN + 2000),
  labels: Int32Array.from({ length: TRAIN + 2000 }, (_, i) => i % CLASSES),
  splits: {
    train: { start: 0, end: TRAIN },
    validation: { start: TRAIN, end: TRAIN + 1000 },
    test: { start: TRAIN + 1000, end: TRAIN + 2000 },
  },
};

it("turns the share of training labels into each of the other classes, and no other label", () => {
  const { labels } = withWrongLabels(dataset, 0.3, 1);
  expect(labels.subarray(TRAIN)).toEqual(dataset.labels.subarray(TRAIN));
  const turned = new Array<number>(CLASSES).fill(0);
  for (let i = 0; i < TRAIN; i++) {
    const by = ((labels[i] ?? 0) - (dataset.labels[i] ?? 0) + CLASSES) % CLASSES;
    turned[by] = (turned[by] ?? 0) + 1;
  }
  // Five standard deviations of a binomial count.
  const near = (count: number, share: number) =>
    Math.abs(count - share * TRAIN) < 5 * Math.sqrt(TRAIN * share * (1 - share));
  expect(turned.map((count, by) => near(count, by === 0 ? 0.7 : 0.1))).toEqual([true, true, true, true]);
});

it("is a function of the seed, and leaves the data set as it is", () => {
  const before = dataset.labels.slice();
  const first = withWrongLabels(dataset, 0.1, 1);
  expect(withWrongLabels(dataset, 0.1, 1)).toEqual(first);
  expect(withWrongLabels(dataset, 0.1, 2).labels).not.toEqual(first.labels);
  expect(dataset.labels).toEqual(before);
  expect(withWrongLabels(dataset, 0, 1)).toBe(dataset);
});
