import { FileError, type FolderHold, lockFolder } from "@steepest/files";
import { SteepestError } from "@steepest/optim";

/**
 * Takes a folder for this process alone; makes it where it is missing.
 * @returns what it is written to with, and given back
 * @throws SteepestError `misuse` where another process uses the folder, with that process' number,
 *   `invalid-value` where there cannot be a folder of that name or nothing can be written into it
 */
export const takeFolder = (folder: string): Promise<FolderHold> =>
  lockFolder(folder).catch((cause: unknown) => {
    if (cause instanceof FileError && cause.code === "in-use")
      throw new SteepestError("misuse", cause.problem, cause.fix, { cause });
    throw unusableFolder(folder, cause);
  });

/**
 * Does work on a folder that no other process may touch meanwhile; on one that the caller holds, whose it
 * stays.
 *
 * @throws SteepestError as {@link takeFolder}
 */
export async function* withFolderLocked<Event, Result>(
  folder: string | FolderHold,
  work: (hold: FolderHold) => AsyncGenerator<Event, Result>,
): AsyncGenerator<Event, Result> {
  if (typeof folder !== "string") return yield* work(folder);
  const hold = await takeFolder(folder);
  try {
    return yield* work(hold);
  } finally {
    await hold.release();
  }
}

/** Where a folder is that is given by its path or held. */
export const pathOf = (folder: string | FolderHold): string =>
  typeof folder === "string" ? folder : folder.folder;

/** The error of a folder that cannot be made or written to, from the system's own. */
export const unusableFolder = (folder: string, cause: unknown): SteepestError =>
  new SteepestError(
    "invalid-value",
    `${JSON.stringify(folder)} cannot be made a folder to write to: ${cause instanceof Error ? cause.message : String(cause)}`,
    "Choose another folder, in one that you may write to",
    { cause },
  );
