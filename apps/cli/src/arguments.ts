import { extname } from "node:path";
import { formatOptimizerSpec, type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import type { EvaluationPeriod } from "@steepest/train";
import { workloads } from "@steepest/workloads";
import { InvalidArgumentError } from "commander";

/** Reads a finite decimal number. */
export function numberArgument(text: string): number {
  const value = Number(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value))
    throw new InvalidArgumentError("Expected a number, for example 0.001.");
  return value;
}

/** Reads an integer >= 1. */
export const countArgument = (text: string): number => integerArgument(text, 1);

/** Reads an integer >= 0. */
export const wholeNumberArgument = (text: string): number => integerArgument(text, 0);

function integerArgument(text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new InvalidArgumentError(`Expected an integer >= ${least}.`);
  return value;
}

/** Reads a period of evaluations: steps as `500`, or seconds of training as `2.5s`. */
export function periodArgument(text: string): EvaluationPeriod {
  if (!text.endsWith("s")) return countArgument(text);
  const seconds = numberArgument(text.slice(0, -1));
  if (seconds <= 0) throw new InvalidArgumentError("Expected seconds > 0, for example 2.5s.");
  return { seconds };
}

/** Makes a reader of file names whose endings say what to write; case is ignored. */
export const fileArgument =
  (...endings: readonly string[]) =>
  (path: string): string => {
    if (endings.includes(extname(path).toLowerCase())) return path;
    throw new InvalidArgumentError(`Expected a name that ends in ${endings.join(", ")}.`);
  };

/** Reads the name of a page. */
export const pageArgument = fileArgument(".html");

/**
 * Reads an optimizer as `name:key=value,...`.
 * @throws SteepestError that names the nearest optimizer or key
 */
export const optimizerArgument = (text: string): OptimizerSpec => parseOptimizerSpec(text);

/** Reads the optimizer of an option that may be given once. */
export function oneOptimizerArgument(text: string, previous?: OptimizerSpec): OptimizerSpec {
  const optimizer = optimizerArgument(text);
  if (previous === undefined) return optimizer;
  throw new SteepestError(
    "invalid-value",
    `train takes one optimizer, found ${formatOptimizerSpec(previous)} and ${formatOptimizerSpec(optimizer)}`,
    "Give one, or try them side by side with steepest compare",
  );
}

/** Collects the optimizers of an option that may be given several times. */
export const optimizersArgument = (
  text: string,
  previous: readonly OptimizerSpec[] = [],
): readonly OptimizerSpec[] => [...previous, optimizerArgument(text)];

/** What the help says of the workload. */
export const workloadHelp = `one of: ${workloads.map(({ name }) => name).join(", ")}; required without --resume`;

/** The error of a command that was given neither a workload nor a folder to resume. */
export const missingWorkload = (command: "train" | "compare"): SteepestError =>
  new SteepestError(
    "invalid-value",
    "no workload is given",
    `Write steepest ${command} ${workloads[0]?.name} ..., or --resume FOLDER`,
  );
