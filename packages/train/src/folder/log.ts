import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FolderHold } from "@steepest/files";
import { SteepestError } from "@steepest/optim";

/** A CSV file that grows row by row and can be cut back to what a checkpoint knows of it. */
export interface CsvLog {
  /** Adds a row; undefined leaves a cell empty. Kept in memory until `flush`. */
  append(row: readonly (number | undefined)[]): void;
  /** Writes what was added to the file, so that others can read it. */
  flush(): Promise<void>;
  /** Flushes through to the disk and returns the length of the file in bytes, for a checkpoint to know. */
  sync(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens a log of a folder and drops everything after its first `length` bytes, the rows that a checkpoint
 * covers; 0 begins it anew.
 * @throws SteepestError `malformed-file` where the file is shorter than that, FileError `in-use` where the
 *   folder was taken over
 */
export async function openCsvLog(
  hold: FolderHold,
  name: string,
  columns: readonly string[],
  length: number,
): Promise<CsvLog> {
  const path = join(hold.folder, name);
  const covered = length === 0 ? Buffer.from(`${columns.join(",")}\n`) : await firstBytes(path, length);
  // A new file: whoever wrote the old one and was held up may have that open still. What a checkpoint covers
  // is on the disk already and must stay there.
  await hold.write(name, covered, { sync: length > 0 });
  const handle = await open(path, "r+");
  try {
    // Should another have taken the folder over between the two, what was opened is its log.
    await hold.confirm();
  } catch (error) {
    await handle.close();
    throw error;
  }
  let written = covered.length;
  let pending = "";
  const flush = async () => {
    const bytes = Buffer.from(pending);
    pending = "";
    // On a full disk a write may take a part and say nothing; the next one then says what is wrong.
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, written);
      done += bytesWritten;
      written += bytesWritten;
    }
  };
  return {
    append(row) {
      pending += `${row.map((value) => value ?? "").join(",")}\n`;
    },
    flush,
    async sync() {
      await flush();
      await handle.datasync();
      return written;
    },
    close: () => handle.close(),
  };
}

async function firstBytes(path: string, length: number): Promise<Uint8Array> {
  const found = await readFile(path).catch((cause: unknown) => {
    throw damagedLog(path, "is missing or cannot be opened", cause);
  });
  if (found.length < length)
    throw damagedLog(path, `has ${found.length} bytes where the checkpoint knows ${length}`);
  return found.subarray(0, length);
}

const damagedLog = (path: string, found: string, cause?: unknown) =>
  new SteepestError(
    "malformed-file",
    `the log ${path} ${found}`,
    "Restore the file, or train again into another folder",
    { cause },
  );
