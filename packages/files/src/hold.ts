import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type AtomicWriteOptions, jsonText, writeFileAtomically } from "./atomic.js";

/** How a file of a folder is written. */
export interface HeldWriteOptions extends Pick<AtomicWriteOptions, "sync"> {
  /** A file of the folder that goes in its favour, when its content is on the disk: never earlier. */
  readonly replaces?: string;
}

/** What tells whether a folder is still this process' own. */
export interface FolderClaim {
  /** @throws FileError `in-use` where it no longer is */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

/**
 * A folder that this process alone writes to, until it gives it back.
 *
 * A process that was held up for long (a laptop asleep, a virtual machine paused) may find when it goes on
 * that another has taken its folder over for that of a process that is gone. Nothing that it writes then
 * arrives: what it was about to rename the other has removed, and what it writes anew is confirmed first. Only
 * a file kept open goes on being written to, so none is opened twice: see `write`.
 */
export interface FolderHold extends FolderClaim {
  readonly folder: string;
  /**
   * Writes a file of the folder as `writeFileAtomically` does. Its content stands in a new file of the
   * system: whoever had the old one open writes to what nobody sees any more.
   *
   * @throws FileError `in-use` where the folder was taken over; then the file stays as it is
   */
  write(name: string, content: string | Uint8Array, options?: HeldWriteOptions): Promise<void>;
  /** Writes plain data as JSON for people to read, as `write`. */
  writeJson(name: string, data: unknown, options?: HeldWriteOptions): Promise<void>;
  /**
   * Removes a file of the folder where it is there.
   * @throws FileError `in-use` where the folder was taken over
   */
  remove(name: string): Promise<void>;
}

/** The hold on a folder of which a claim tells whether it lasts. */
export function holdOf(folder: string, { confirm, release }: FolderClaim): FolderHold {
  const remove = async (name: string) => {
    await confirm();
    await rm(join(folder, name), { force: true });
  };
  const write: FolderHold["write"] = async (name, content, { replaces, ...options } = {}) => {
    try {
      await writeFileAtomically(join(folder, name), content, {
        ...options,
        confirm: () => (replaces === undefined ? confirm() : remove(replaces)),
      });
    } catch (error) {
      // Whoever took the folder over between question and rename has removed what was to be renamed.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") await confirm();
      throw error;
    }
  };
  return {
    folder,
    confirm,
    release,
    write,
    writeJson: (name, data, options) => write(name, jsonText(data), options),
    remove,
  };
}
