import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { createTarReader } from "./tar.js";
import type { TreeVisitor } from "./visitor.js";

const pieceSize = 1 << 18;

/** Whether a file begins as gzip does. */
async function isCompressed(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}

/**
 * Visits the files of a `.tar` or `.tar.gz` as they stream by: nothing is unpacked to disk, and no more than
 * one piece is held. A damaged archive is told to the visitor, after what could be read of it.
 *
 * @throws the system's error where the archive cannot be opened
 */
export async function visitArchive(path: string, visitor: TreeVisitor): Promise<void> {
  const reader = createTarReader(visitor);
  const consume = async (pieces: AsyncIterable<unknown>): Promise<void> => {
    for await (const piece of pieces) if (Buffer.isBuffer(piece)) reader.push(piece);
    reader.end();
  };
  const source = createReadStream(path, { highWaterMark: pieceSize });
  const compressed = await isCompressed(path);
  try {
    if (compressed) await pipeline(source, createGunzip({ chunkSize: pieceSize }), consume);
    else await pipeline(source, consume);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    visitor.refused(basename(path), `is damaged: ${what}, after ${reader.offset} bytes of content`);
  }
}
