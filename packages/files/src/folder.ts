import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** One folder; fine where it is there already. */
async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const exists = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!exists) throw error;
  }
}

/**
 * Makes a folder and its missing parents. Node's own recursive `mkdir` never returns where the system says
 * that the parent is missing although it is there, as Linux does under /proc.
 *
 * @throws the system's error for the first folder that cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const parentExists =
    parent === path ||
    (await stat(parent).then(
      () => true,
      () => false,
    ));
  if (!parentExists) await makeFolder(parent);
  await makeOne(path);
}

/**
 * Makes a folder that was not there, in a parent that may be: the first free one of NAME, NAME-2, NAME-3,
 * ..., so that nothing is overwritten and two processes never share one.
 *
 * @returns its path
 */
export async function makeNewFolder(parent: string, name: string): Promise<string> {
  await makeFolder(parent);
  for (let attempt = 1; ; attempt++) {
    const path = join(parent, attempt === 1 ? name : `${name}-${attempt}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}
