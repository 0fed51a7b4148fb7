import { type Hyperparameters, loadSubmission, type Submission } from "../src/submission/index.js";
import { pointsOf } from "./methods.js";

/* What published submissions are compared with, written literally. */

/** A submission and its point of a number, from 1. */
export const numbered = async (
  name: string,
  trial: number,
): Promise<readonly [Submission, Hyperparameters]> => {
  const submission = await loadSubmission(name);
  const point = pointsOf(submission)[trial - 1];
  if (point === undefined) throw new Error(`${name} has no point ${trial}`);
  return [submission, point];
};

/** A hyper-parameter that is a number. */
export const of = (point: Hyperparameters, name: string): number => {
  const value = point[name];
  if (typeof value !== "number") throw new Error(`${name} is no number`);
  return value;
};

/** optax: the value of a schedule after `count` updates. */
export type Count = (count: number) => number;
export const linear =
  (steps: number): Count =>
  (count) =>
    Math.min(count, steps) / steps;
export const cosine =
  (height: number, steps: number): Count =>
  (count) =>
    (height * (1 + Math.cos((Math.PI * Math.min(count, steps)) / steps))) / 2;
export const joined =
  (parts: readonly Count[], boundaries: readonly number[]): Count =>
  (count) => {
    let value = parts[0]?.(count) ?? Number.NaN;
    for (const [i, boundary] of boundaries.entries())
      if (count >= boundary) value = parts[i + 1]?.(count - boundary) ?? Number.NaN;
    return value;
  };
/** Linear warm-up over a share of the steps, then a cosine wave to 0. */
export const warmedCosine = (steps: number, factor: number): Count => {
  const warmup = Math.floor(factor * steps);
  return joined([linear(warmup), cosine(1, steps - warmup)], [warmup]);
};
