import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { TreeVisitor } from "./visitor.js";

/** AlgoPerf's layout has six levels; nothing of it lies much deeper. */
const deepest = 12;

/** Files between two looks at what else the process has to do. */
const turn = 256;

const reason = (error: unknown): string =>
  error instanceof Error && "code" in error ? `cannot be read (${String(error.code)})` : String(error);

/**
 * Walks the plain files below a folder in the order of their names. Links are not followed, devices and pipes
 * not opened, so nothing outside the folder is ever read. Calls are synchronous: thousands of small files are
 * read several times as fast.
 *
 * @throws the system's error where the folder itself cannot be listed
 */
export async function visitFolder(root: string, visitor: TreeVisitor): Promise<void> {
  const buffer = Buffer.allocUnsafe(1 << 20);
  let files = 0;

  const read = (path: string): void => {
    const sink = visitor.file(path);
    if (sink === undefined) return;
    let descriptor: number | undefined;
    try {
      // Between listing and opening, a link or a pipe may have taken the file's place.
      descriptor = openSync(
        join(root, path),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      if (!fstatSync(descriptor).isFile()) {
        visitor.refused(path, "is not a plain file");
        return;
      }
      for (let count = -1; count !== 0; ) {
        count = readSync(descriptor, buffer, 0, buffer.length, null);
        if (count > 0) sink.push(buffer.subarray(0, count));
      }
      sink.end();
    } catch (error) {
      visitor.refused(path, reason(error));
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  };

  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) visitor.refused(path, "is a symbolic link, which is not followed");
      else if (entry.isFile()) {
        read(path);
        if (++files % turn === 0) await setImmediate();
      } else if (!entry.isDirectory()) visitor.refused(path, "is neither a file nor a folder");
      else if (depth >= deepest) visitor.refused(path, `lies more than ${deepest} folders deep`);
      else
        await walk(path, depth + 1).catch((error: unknown) => {
          visitor.refused(path, reason(error));
        });
    }
  };
  await walk("", 1);
}
