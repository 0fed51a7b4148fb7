import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { isSubmissionPath, loadSubmission, type Submission } from "@steepest/bench";
import { unknownName } from "@steepest/optim";
import { speedrunSubmissions } from "./registered.js";

/** A submission with all that its log must show of it. */
export interface LoadedSubmission {
  readonly submission: Submission;
  /** Where its module lies. */
  readonly path: string;
  /** The text of the module and of every module of its own that it imports. */
  readonly source: string;
}

/**
 * A submission by its registered name, or from a user's module by its path.
 * @throws SteepestError `unknown-name` with the nearest name; `unavailable` for a module that cannot be
 *   loaded; `invalid-value` that says what a module lacks
 */
export async function loadSpeedrunSubmission(nameOrPath: string): Promise<LoadedSubmission> {
  const fromPath = isSubmissionPath(nameOrPath);
  if (!fromPath && !speedrunSubmissions.includes(nameOrPath))
    throw unknownName("submission", nameOrPath, speedrunSubmissions);
  const path = fromPath
    ? resolve(nameOrPath)
    : createRequire(import.meta.url).resolve(`@steepest/speedrun/submissions/${nameOrPath}`);
  return { submission: await loadSubmission(path), path, source: await sourceOf(path) };
}

/** SHA-256 of a submission's source, in hexadecimal. */
export const sourceHash = ({ source }: Pick<LoadedSubmission, "source">): string =>
  createHash("sha256").update(source).digest("hex");

const ownImport = /\bfrom\s*["'](\.{1,2}\/[^"']+)["']/g;

/** A module's text after those of the modules of its own that it imports, each once. */
async function sourceOf(path: string, seen: Set<string> = new Set()): Promise<string> {
  if (seen.has(path)) return "";
  seen.add(path);
  const text = await readFile(path, "utf8");
  const imported: string[] = [];
  for (const [, specifier = ""] of text.matchAll(ownImport))
    imported.push(await sourceOf(resolve(dirname(path), specifier), seen));
  const own = text.replace(/^\/\/# sourceMappingURL=.*\n?/m, "").trimEnd();
  return [...imported, own].filter((part) => part !== "").join("\n\n");
}
