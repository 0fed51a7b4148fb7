import { SteepestError } from "@steepest/optim";
import { isRecord, kindOf } from "./define.js";
import type { Home } from "./homes.js";
import type { Regularisation } from "./hyperparameters.js";
import type { BatchFacts } from "./submission.js";

/** The error of a submission that breaks a rule. */
export const ruleBroken = (submission: string, what: string, fix: string): SteepestError =>
  new SteepestError("misuse", `${submission} ${what}`, fix);

/** Whether a value counts something: 1, 2, ... */
export const isPositiveInteger = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;

/** @throws SteepestError `invalid-value` unless it is the number of a mini-batch */
export function checkBatch(submission: string, where: string, batch: unknown): asserts batch is number {
  if (isPositiveInteger(batch)) return;
  throw new SteepestError(
    "invalid-value",
    `${submission}: ${where} batch ${String(batch)}`,
    "Give the number of a mini-batch: 1, 2, ...; the usual one is step",
  );
}

/**
 * Where only the optimizer may differ, a submission chooses neither its batch size nor its regularisation.
 * @throws SteepestError `misuse` where it does
 */
export function checkOptimizerOnly(
  submission: string,
  { batchSize, dropout, labelSmoothing }: Regularisation & { readonly batchSize: number },
  { defaultBatchSize }: BatchFacts,
): void {
  if (batchSize !== defaultBatchSize)
    throw ruleBroken(
      submission,
      `trains on ${batchSize} examples a step, where ${defaultBatchSize} are given`,
      "Give defaultBatchSize from getBatchSize",
    );
  if (dropout !== undefined || labelSmoothing !== undefined)
    throw ruleBroken(
      submission,
      "chooses dropout or label smoothing, where model and loss are given",
      "Leave dropout_rate and label_smoothing out of its hyper-parameters",
    );
}

/**
 * Where only the optimizer may differ, a step has one gradient, of its own mini-batch.
 * @throws SteepestError `misuse` for a second one, or one of other data
 */
export function checkOneGradient(
  submission: string,
  { asked, batch, step }: { readonly asked: number; readonly batch: number; readonly step: number },
): void {
  if (asked > 1)
    throw ruleBroken(
      submission,
      `asks for ${asked} gradients at step ${step}, where one a step is given`,
      "Call gradient() once within updateParams",
    );
  if (batch !== step)
    throw ruleBroken(
      submission,
      `chooses mini-batch ${batch} for step ${step}, where the data are given`,
      "Give step from dataSelection, as batchesInOrder does",
    );
}

/**
 * Copies what a function of a submission gave for some parameters.
 * @throws SteepestError `unknown-name` for a parameter that is not there, `shape-mismatch` for an array of
 *   another length, `invalid-value` for what is no array of numbers; then nothing is copied
 */
export function copyValues(
  submission: string,
  where: string,
  values: unknown,
  home: (name: string) => Home,
  destination: (home: Home) => Float32Array,
): void {
  const expected = "Give { [parameter's name]: Float32Array of its length }, or nothing";
  if (!isRecord(values))
    throw new SteepestError(
      "invalid-value",
      `${submission}: ${where} gave ${kindOf(values)} for parameters`,
      expected,
    );
  const copies = Object.entries(values).map(([name, array]) => {
    const to = home(name);
    if (!(array instanceof Float32Array || array instanceof Float64Array))
      throw new SteepestError(
        "invalid-value",
        `${submission}: ${where} gave ${kindOf(array)} for the parameter ${name}`,
        expected,
      );
    if (array.length !== to.value.length)
      throw new SteepestError(
        "shape-mismatch",
        `${submission}: ${where} gave ${array.length} elements for the parameter ${name}, whose shape [${to.shape.join(", ")}] has ${to.value.length}`,
        expected,
      );
    return { to: destination(to), array };
  });
  for (const { to, array } of copies) to.set(array);
}

/** A mixture of all bits of the weights, trained and to evaluate with; any single change shows in it. */
export function checksum(homes: readonly Home[]): number {
  let sum = 0;
  for (const { value, evaluation } of homes) {
    sum = mixed(sum, value);
    if (evaluation !== value) sum = mixed(sum, evaluation);
  }
  return sum;
}

/** FNV-1a over words in place of bytes: each step is one-to-one in what it mixes in. */
function mixed(start: number, { buffer, byteOffset, length }: Float32Array): number {
  const words = new Uint32Array(buffer, byteOffset, length);
  let sum = start;
  for (let i = 0; i < length; i++) sum = Math.imul(sum ^ (words[i] ?? 0), 16_777_619);
  return sum;
}
