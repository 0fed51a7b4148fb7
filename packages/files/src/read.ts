import { readFile } from "node:fs/promises";

/**
 * A file's bytes, undefined where there is no such file.
 * @throws the system's error where there is one that cannot be read
 */
export async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const isAbsent =
      error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    if (isAbsent) return undefined;
    throw error;
  }
}

/** A file's text in UTF-8; else as {@link readIfPresent}. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  const bytes = await readIfPresent(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
