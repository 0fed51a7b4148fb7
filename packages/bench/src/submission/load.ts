import { extname, isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SteepestError, unknownName } from "@steepest/optim";
import { checkSubmission, isRecord } from "./define.js";
import { submissionNames } from "./registered.js";
import type { Submission } from "./submission.js";

const moduleEndings = [".js", ".mjs", ".ts", ".mts"];

/** Whether a text ends as the name of a module does; no optimizer's does. */
export const hasModuleEnding = (nameOrPath: string): boolean => moduleEndings.includes(extname(nameOrPath));

/** Whether a text names a file, not a registered submission. */
export const isSubmissionPath = (nameOrPath: string): boolean =>
  hasModuleEnding(nameOrPath) || /[/\\]/.test(nameOrPath) || isAbsolute(nameOrPath);

/**
 * A submission by its registered name, or from a user's module by its path (relative to the working folder).
 * The module exports `submission`, or the members of one by their names.
 * @throws SteepestError `unknown-name` with the nearest name; `unavailable` for a module that cannot be
 *   loaded; `invalid-value` that says what a module lacks
 */
export async function loadSubmission(nameOrPath: string): Promise<Submission> {
  const fromPath = isSubmissionPath(nameOrPath);
  if (!fromPath && !submissionNames.includes(nameOrPath))
    throw unknownName("submission", nameOrPath, submissionNames);
  const specifier = fromPath
    ? pathToFileURL(resolve(nameOrPath)).href
    : `@steepest/bench/submissions/${nameOrPath}`;
  const where = fromPath ? JSON.stringify(nameOrPath) : `submission ${nameOrPath}`;
  const module = await imported(specifier, where);
  const submission: unknown = "submission" in module ? module.submission : { ...module };
  checkSubmission(submission, where);
  return submission;
}

async function imported(specifier: string, where: string): Promise<Readonly<Record<string, unknown>>> {
  let module: unknown;
  try {
    module = await import(specifier);
  } catch (cause) {
    if (cause instanceof SteepestError) throw cause;
    throw new SteepestError(
      "unavailable",
      `${where} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      // An error of syntax does not say its line by itself.
      `Give an ES module (.js or .mjs) that exports a submission and whose imports are installed; node --check ${where} shows errors of syntax`,
      { cause },
    );
  }
  return isRecord(module) ? module : {};
}
