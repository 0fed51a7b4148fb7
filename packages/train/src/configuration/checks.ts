import { SteepestError } from "@steepest/optim";
import type { LoadedWorkload, Metric, Split, Workload } from "@steepest/workloads";

/** The error for a setting that cannot be, with what to give instead. */
export const invalidValue = (message: string, fix: string): SteepestError =>
  new SteepestError("invalid-value", message, fix);

/** The value, an integer >= 1. @throws SteepestError `invalid-value` */
export const positiveInteger = (what: string, value: number): number => integer(what, value, 1);

/** The value, an integer >= 0. @throws SteepestError `invalid-value` */
export const wholeNumber = (what: string, value: number): number => integer(what, value, 0);

function integer(what: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw invalidValue(`${what} is ${value}`, `Expected an integer >= ${least}`);
  return value;
}

/** The value, finite and > 0. @throws SteepestError `invalid-value` */
export function positiveNumber(what: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value)))
    throw invalidValue(`${what} is ${value}`, "Expected a number > 0");
  return value;
}

/** The value, a share in [0, 1) that is dropped or smoothed away. @throws SteepestError `invalid-value` */
export function properShare(what: string, value: number): number {
  if (!(value >= 0 && value < 1))
    throw invalidValue(`${what} is ${value}`, "Expected a number in [0, 1), for example 0.1");
  return value;
}

/** The value, one of a metric that can be reached. @throws SteepestError `invalid-value` */
export function targetValue(metric: Metric, value: number, split: Split = "validation"): number {
  const what = split === "validation" ? "target" : `${split} target`;
  if (metric === "accuracy" && !(value > 0 && value <= 1))
    throw invalidValue(`${what} is ${value}`, `Expected a ${split} accuracy in (0, 1], for example 0.88`);
  if (!Number.isFinite(value))
    throw invalidValue(`${what} is ${value}`, `Expected a ${split} ${metric}, a finite number`);
  return value;
}

/** The value, a number of passes over the training examples. @throws SteepestError `invalid-value` */
export function epochCount(epochs: number): number {
  return positiveNumber("number of epochs", epochs);
}

/**
 * Full mini-batches in a pass over the training examples. @throws SteepestError `invalid-value` where not one
 * is full
 */
export function stepsPerEpoch(workload: Workload, { trainCount }: LoadedWorkload, batchSize: number): number {
  if (batchSize > trainCount)
    throw invalidValue(
      `batch size ${batchSize} exceeds the ${trainCount} training examples of ${workload.name}`,
      `Choose 1 to ${trainCount}`,
    );
  return Math.floor(trainCount / batchSize);
}

/** Steps of a run of so many passes, at least one. */
export const stepsOfEpochs = (epochs: number, perEpoch: number): number =>
  Math.max(1, Math.round(epochs * perEpoch));

/** Each thread takes memory of its own, and far more threads than any machine has cores bring it down. */
const mostThreads = 256;

/**
 * Checks a number of threads.
 * @throws SteepestError `invalid-value`
 */
export function threadCount(threads: number): number {
  if (positiveInteger("number of threads", threads) > mostThreads)
    throw invalidValue(
      `number of threads is ${threads}`,
      `Expected 1 to ${mostThreads}; more than the machine has cores never help`,
    );
  return threads;
}
