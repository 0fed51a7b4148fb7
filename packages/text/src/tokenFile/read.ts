import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { SteepestError } from "@steepest/optim";
import { firstOutside } from "../tokenisers/tokeniser.js";
import { damaged, decodeHeader, type TokenFileHeader } from "./header.js";
import { requireWindow, type Tokens, tokensInMemory } from "./tokens.js";

const tokenBytes = Uint16Array.BYTES_PER_ELEMENT;
/** Bytes that are checked at once. */
const chunkBytes = 2 ** 20;

/** An open token file: windows of it are read when they are asked for, and nothing stays in memory. */
export interface TokenFile {
  readonly header: TokenFileHeader;
  readonly tokens: Tokens;
  /** Closes the file; nothing can be read any more. */
  close(): void;
}

/**
 * Opens a token file and reads through it once: it is whole, has the checksum that it says, and no token lies
 * outside its vocabulary.
 * @throws SteepestError `unavailable` where it cannot be opened, `malformed-file` where it is cut short, has
 *   another checksum, or holds a token that is none
 */
export function openTokenFile(path: string): TokenFile {
  const descriptor = opened(path);
  try {
    const { header, begin } = decodeHeader(path, (start, count) => readAt(descriptor, start, count));
    const { size } = fstatSync(descriptor);
    const expected = begin + tokenBytes * header.count;
    if (size !== expected)
      throw damaged(
        path,
        `it has ${size} bytes, but ${header.count} tokens make ${expected}: it was ${size < expected ? "cut short" : "written past its end"}`,
      );
    check(path, descriptor, header, begin, expected);
    return { header, tokens: tokensOf(descriptor, header, begin), close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * A token file as a whole in memory.
 * @throws SteepestError as {@link openTokenFile}
 */
export function readTokenFile(path: string): Pick<TokenFile, "header" | "tokens"> {
  const file = openTokenFile(path);
  try {
    const all = new Uint16Array(file.header.count);
    file.tokens.read(0, all);
    return { header: file.header, tokens: tokensInMemory(all) };
  } finally {
    file.close();
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new SteepestError(
      "unavailable",
      `the token file ${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Give the path of a file that writeTokenFile wrote",
      { cause },
    );
  }
}

/** As many bytes from a place as there are, at most `count`. */
function readAt(descriptor: number, start: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  return bytes.subarray(0, fill(descriptor, bytes, start));
}

/** Fills an array from a place on, as far as there is something, and says how far. */
function fill(descriptor: number, bytes: Uint8Array, start: number): number {
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(descriptor, bytes, done, bytes.length - done, start + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

function check(
  path: string,
  descriptor: number,
  { vocabulary, sha256 }: TokenFileHeader,
  begin: number,
  end: number,
): void {
  const hash = createHash("sha256");
  for (let at = begin; at < end; at += chunkBytes) {
    const bytes = readAt(descriptor, at, Math.min(chunkBytes, end - at));
    hash.update(bytes);
    const tokens = new Uint16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / tokenBytes));
    const bad = firstOutside(tokens, vocabulary);
    if (bad >= 0)
      throw damaged(
        path,
        `token ${(at - begin) / tokenBytes + bad} is ${tokens[bad]}, but its vocabulary has ${vocabulary}`,
      );
  }
  const found = hash.digest("hex");
  if (found !== sha256)
    throw damaged(path, `the SHA-256 of its tokens is ${found}, but its header says ${sha256}`);
}

function tokensOf(descriptor: number, { count }: TokenFileHeader, begin: number): Tokens {
  return {
    length: count,
    residentBytes: 0,
    read(start, out) {
      requireWindow(start, out.length, count);
      const window = out instanceof Uint16Array ? out : new Uint16Array(out.length);
      const bytes = new Uint8Array(window.buffer, window.byteOffset, window.byteLength);
      const done = fill(descriptor, bytes, begin + tokenBytes * start);
      if (done < bytes.length)
        throw new SteepestError(
          "malformed-file",
          `the token file ends ${bytes.length - done} bytes before the window at token ${start} does: it was cut short while it was open`,
          "Restore the file and begin again",
        );
      if (window !== out) out.set(window);
    },
  };
}
