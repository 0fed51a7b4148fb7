import { type FileHandle, open } from "node:fs/promises";
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
 * Opens a log and drops everything after its first `length` bytes, the rows that a checkpoint covers; 0
 * begins it anew.
 * @throws SteepestError `malformed-file` where the file is shorter than that
 */
export async function openCsvLog(path: string, columns: readonly string[], length: number): Promise<CsvLog> {
  const handle = await openAt(path, length);
  let written = length;
  let pending = length === 0 ? `${columns.join(",")}\n` : "";
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

async function openAt(path: string, length: number): Promise<FileHandle> {
  // "a" would create it but ignore positions; "r+" demands that it exists.
  const handle = await open(path, length === 0 ? "w" : "r+").catch((cause: unknown) => {
    throw length === 0 ? cause : damagedLog(path, "is missing or cannot be opened", cause);
  });
  const { size } = await handle.stat();
  if (size < length) {
    await handle.close();
    throw damagedLog(path, `has ${size} bytes where the checkpoint knows ${length}`);
  }
  await handle.truncate(length);
  return handle;
}

const damagedLog = (path: string, found: string, cause?: unknown) =>
  new SteepestError(
    "malformed-file",
    `the log ${path} ${found}`,
    "Restore the file, or train again into another folder",
    { cause },
  );
