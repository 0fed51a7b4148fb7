import { SteepestError } from "@steepest/optim";
import type { LoadedWorkload, Workload } from "@steepest/workloads";

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

/** The value, a validation accuracy that can be reached. @throws SteepestError `invalid-value` */
export function targetAccuracy(target: number): number {
  if (!(target > 0 && target <= 1))
    throw invalidValue(`target is ${target}`, "Expected a validation accuracy in (0, 1], for example 0.88");
  return target;
}

/** The value, a number of passes over the training examples. @throws SteepestError `invalid-value` */
export function epochCount(epochs: number): number {
  if (!(epochs > 0 && Number.isFinite(epochs)))
    throw invalidValue(`number of epochs is ${epochs}`, "Expected a number > 0");
  return epochs;
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
