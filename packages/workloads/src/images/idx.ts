import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { SteepestError } from "@steepest/optim";

/** An array of bytes with its shape, as LeCun's idx format stores it. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

function malformed(file: string, message: string, cause?: unknown): SteepestError {
  return new SteepestError(
    "malformed-file",
    `${file}: ${message}`,
    "Remove the file and run again to get a new copy",
    cause === undefined ? undefined : { cause },
  );
}

/**
 * Decodes idx: two zero bytes, the element type, the number of dimensions, each size as a big-endian 32-bit
 * integer, elements.
 * @param rank - the number of dimensions that the array must have.
 * @param file - named in errors.
 * @throws SteepestError `malformed-file` where the header, the element type (unsigned bytes only), the rank
 *   or the length is wrong.
 */
export function decodeIdx(bytes: Uint8Array, rank: number, file: string): IdxArray {
  const headerLength = 4 + 4 * rank;
  if (bytes.length < headerLength) {
    throw malformed(
      file,
      `expected an idx header of ${headerLength} bytes, found ${bytes.length} bytes in all`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | rank;
  if (magic !== expected) {
    const hexadecimal = (word: number) => `0x${word.toString(16).padStart(8, "0")}`;
    throw malformed(
      file,
      `expected the idx magic number ${hexadecimal(expected)} (unsigned bytes, ${rank} dimensions), found ${hexadecimal(magic)}`,
    );
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const length = shape.reduce((product, size) => product * size, 1);
  const found = bytes.length - headerLength;
  if (found !== length) {
    const what = found < length ? "is truncated" : "has bytes left over";
    throw malformed(file, `${what}: expected ${shape.join(" x ")} = ${length} elements, found ${found}`);
  }
  return { shape, data: bytes.subarray(headerLength) };
}

const gunzipAsync = promisify(gunzip);

/** Bytes that a gzip file is decompressed into at a time, whatever it says of itself. */
const [leastChunk, mostChunk] = [2 ** 14, 2 ** 26];

/**
 * As many bytes as the file's end says that it holds, and one more, which the decompressor wants before it sees
 * that it is done. In one piece: thousands of small ones leave as much memory behind that the system does not
 * get back.
 */
function chunkBytes(compressed: Buffer): number {
  const held = compressed.length < 4 ? 0 : compressed.readUInt32LE(compressed.length - 4);
  return Math.min(mostChunk, Math.max(leastChunk, held + 1));
}

/**
 * Reads an idx file compressed with gzip.
 * @throws SteepestError `malformed-file` where it is not whole or not idx; the system's error where it cannot
 *   be read.
 */
export async function readIdx(file: string, rank: number): Promise<IdxArray> {
  const compressed = await readFile(file);
  let bytes: Uint8Array;
  try {
    bytes = await gunzipAsync(compressed, { chunkSize: chunkBytes(compressed) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw malformed(file, `expected a whole gzip file, found ${compressed.length} bytes: ${reason}`, error);
  }
  return decodeIdx(bytes, rank, file);
}
