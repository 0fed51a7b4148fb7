import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SteepestError } from "@steepest/optim";

/** A file that is read in pieces. */
export interface OpenFile {
  readonly path: string;
  readonly bytes: number;
  /** @throws SteepestError `malformed-file` where the file ends before that */
  read(offset: number, length: number): Uint8Array;
}

/**
 * Opens a regular file for the time of some work: models are large, and only their beginnings are wanted.
 * @throws SteepestError `unavailable` where it cannot be opened or is no regular file
 */
export function withOpenFile<Result>(path: string, work: (file: OpenFile) => Result): Result {
  const descriptor = openOrRefuse(path);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile())
      throw new SteepestError("unavailable", `${path} is no regular file`, "Name a model's file");
    return work({
      ...{ path, bytes: status.size },
      read(offset, length) {
        const buffer = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const count = readSync(descriptor, buffer, done, length - done, offset + done);
          if (count === 0)
            throw new SteepestError(
              "malformed-file",
              `${path} ends at byte ${offset + done}, expected ${length - done} more`,
              "The file is cut short; fetch it again",
            );
          done += count;
        }
        return buffer;
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

function openOrRefuse(path: string): number {
  try {
    // Without waiting for whoever would write into a named pipe.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/, \w+ '.*$/s, "") : String(cause);
    throw new SteepestError("unavailable", `cannot open ${path} (${reason})`, "Check the path", { cause });
  }
}

/**
 * Reads a small JSON file.
 * @throws SteepestError `malformed-file` where it is larger than `mostBytes`, or no JSON in UTF-8
 */
export function readJson(path: string, mostBytes: number): unknown {
  return withOpenFile(path, (file) => {
    if (file.bytes > mostBytes)
      throw new SteepestError(
        "malformed-file",
        `${path} has ${file.bytes} bytes, expected at most ${mostBytes}`,
        "Name the model's own config.json; those of Hugging Face have a few thousand bytes",
      );
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(file.read(0, file.bytes));
      const value: unknown = JSON.parse(text);
      return value;
    } catch (cause) {
      if (cause instanceof SteepestError) throw cause;
      throw new SteepestError(
        "malformed-file",
        `${path} is not JSON (${cause instanceof Error ? cause.message.slice(0, 200) : cause})`,
        "The file is damaged; fetch it again",
        { cause },
      );
    }
  });
}
