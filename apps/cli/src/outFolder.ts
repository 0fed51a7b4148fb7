import { mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolder, makeNewFolder } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { unusableFolder } from "@steepest/train";

/**
 * Makes the folder that a command will fill, before its work begins: the one that was asked for, else a new
 * one in `runs/`. After the work those that were made and stayed empty are taken away again.
 *
 * @param out what the user asked for, if anything
 * @param name of the new folder in `runs/`
 * @throws SteepestError `invalid-value` where there cannot be such a folder
 */
export async function withOutFolder<Result>(
  out: string | undefined,
  name: string,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const parent = out ?? "runs";
  const made = await missingFolders(parent);
  try {
    await makeOutFolder(parent);
    const folder = out ?? (await makeNewFolder(parent, name));
    if (out === undefined) made.unshift(folder);
    return await work(folder);
  } finally {
    for (const folder of made) await rmdir(folder).catch(() => undefined);
  }
}

/**
 * Makes sure that a file can be written: that its folder is there and that it is no folder itself.
 * @throws SteepestError `invalid-value` where it cannot be
 */
export async function checkOutFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true)
    throw new SteepestError(
      "invalid-value",
      `${JSON.stringify(path)} is a folder, not a file`,
      "Choose another --out",
    );
  await makeOutFolder(dirname(path));
}

async function makeOutFolder(folder: string): Promise<void> {
  if (folder === "")
    throw new SteepestError("invalid-value", "--out is empty", "Name a folder, for example --out runs/mine");
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile() === true)
    throw new SteepestError(
      "invalid-value",
      `${JSON.stringify(folder)} is a file, not a folder`,
      "Choose another --out",
    );
  try {
    await makeFolder(folder);
    // Permissions do not tell: root has all of them, also where no file can be made.
    await rmdir(await mkdtemp(join(folder, ".steepest-")));
  } catch (cause) {
    throw unusableFolder(folder, cause);
  }
}

/** The folder and its parents as far as they are missing, the innermost first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const isThere = await stat(folder).then(
      () => true,
      () => false,
    );
    if (isThere || folder === dirname(folder)) return missing;
    missing.push(folder);
  }
}
