import { createHash } from "node:crypto";
import { join } from "node:path";
import type { TrialConfiguration } from "@steepest/bench";
import { type LoadedSubmission, sourceHash } from "../submission/load.js";

/**
 * The folder of a run. Its name tells the run's purpose, and by a hash all that decides its bits: what is
 * there is the same run, and a submission that was edited begins anew.
 */
export function runFolder(
  folder: string,
  loaded: LoadedSubmission,
  purpose: string,
  trial: TrialConfiguration,
): string {
  const hash = createHash("sha256").update(JSON.stringify({ ...trial, submission: sourceHash(loaded) }));
  const name = `${purpose}-${hash.digest("hex").slice(0, 12)}`;
  return join(folder, loaded.submission.name, name);
}
