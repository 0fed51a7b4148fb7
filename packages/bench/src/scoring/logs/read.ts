import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { SteepestError } from "@steepest/optim";
import { visitArchive } from "./archive.js";
import { visitFolder } from "./folder.js";
import type { TreeVisitor } from "./visitor.js";

/** A folder or an archive of logs. */
export interface LogSource {
  /** What a submission is called whose studies lie at the very top. */
  readonly name: string;
  visit(visitor: TreeVisitor): Promise<void>;
}

const archivePattern = /\.(tar|tar\.gz|tgz)$/i;

/**
 * Opens a folder, a `.tar` or a `.tar.gz`.
 * @throws SteepestError `invalid-value` where the path is none of these
 */
export async function openLogs(path: string): Promise<LogSource> {
  const found = await stat(path).catch((cause: unknown) => {
    throw notLogs(path, `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  });
  const name = basename(resolve(path));
  if (found.isDirectory()) return { name, visit: (visitor) => visitFolder(path, visitor) };
  if (!found.isFile() || !archivePattern.test(name)) throw notLogs(path, "is neither a folder nor a .tar.gz");
  return { name: name.replace(archivePattern, ""), visit: (visitor) => visitArchive(path, visitor) };
}

const notLogs = (path: string, what: string, cause?: unknown): SteepestError =>
  new SteepestError(
    "invalid-value",
    `${JSON.stringify(path)} ${what}`,
    "Give the folder that holds <submission>/study_<i>/<workload>_<framework>/trial_<j>/eval_measurements.csv, or its archive",
    { cause },
  );
