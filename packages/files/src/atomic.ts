import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "./folder.js";

/** How a file is written whole. */
export interface AtomicWriteOptions {
  /**
   * Called when the content is on the disk, just before it takes the file's name; where it throws, the file
   * stays as it was.
   */
  readonly confirm?: () => Promise<void>;
  /**
   * Whether the content must outlive the machine when it stops now; true by default. Without, it outlives
   * the process.
   */
  readonly sync?: boolean;
}

/**
 * Writes a file whole or not at all: a temporary name in the same folder, synced, then renamed over the
 * target. Missing parent folders are made. A crash leaves the old content or the new, never a mixture.
 * @param content - all of it, or its parts one after the other, each asked for when the one before is written
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  { confirm, sync = true }: AtomicWriteOptions = {},
): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      await writeFile(handle, content);
      if (sync) await handle.sync();
    } finally {
      await handle.close();
    }
    await confirm?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const temporaryName = /^\..*\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Removes what processes that were killed while they wrote files left in a folder that nobody writes to now. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (temporaryName.test(name)) await rm(join(folder, name), { force: true });
}

/** Plain data as JSON for people to read. */
export const jsonText = (data: unknown): string => `${JSON.stringify(data, undefined, 2)}\n`;

/** Writes plain data as JSON for people to read, as {@link writeFileAtomically}. */
export const writeJsonAtomically = (path: string, data: unknown): Promise<void> =>
  writeFileAtomically(path, jsonText(data));
