import { type OptimizerSpec, parseOptimizerSpec } from "@steepest/optim";
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
