import { type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import { workloads } from "@steepest/workloads";
import { InvalidArgumentError } from "commander";

/** Reads a finite number. */
export function numberArgument(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new InvalidArgumentError("Expected a number, for example 0.001.");
  return value;
}

/** Reads an integer >= 1. */
export function countArgument(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("Expected an integer >= 1.");
  return value;
}

/** Reads an integer >= 0. */
export function wholeNumberArgument(text: string): number {
  return text === "0" ? 0 : countArgument(text);
}

/**
 * Reads an optimizer as `name:key=value,...`.
 * @throws SteepestError that names the nearest optimizer or key
 */
export const optimizerArgument = (text: string): OptimizerSpec => parseOptimizerSpec(text);

/** Collects the optimizers of an option that may be given several times. */
export const optimizersArgument = (
  text: string,
  previous: readonly OptimizerSpec[] = [],
): readonly OptimizerSpec[] => [...previous, optimizerArgument(text)];

/** The error of a command that was given neither a workload nor a folder to resume. */
export const missingWorkload = (command: "train" | "compare"): SteepestError =>
  new SteepestError(
    "invalid-value",
    "no workload is given",
    `Write steepest ${command} ${workloads[0]?.name} ..., or --resume FOLDER`,
  );
