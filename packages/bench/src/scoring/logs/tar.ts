import type { ByteSink, TreeVisitor } from "./visitor.js";

const blockSize = 512;

/** A longer name than any file system takes is an attempt to fill the memory. */
const longestName = 1 << 16;

/** Reads a tar archive pushed in pieces of any size. */
export interface TarReader extends ByteSink {
  /** Bytes taken so far. */
  readonly offset: number;
}

/** The archive is not one, or broken off; what came before was handed over. */
export class TarError extends Error {
  override readonly name = "TarError";
}

/** What the type flags of POSIX that carry no plain file say. */
const refusedTypes: Readonly<Record<string, string>> = {
  1: "a hard link",
  2: "a symbolic link",
  3: "a character device",
  4: "a block device",
  6: "a named pipe",
};

const text = (bytes: Buffer): string => {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
};

/** An octal number, or GNU's big-endian one where the first bit is set. */
function numberIn(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return Number.parseInt(text(field).trim() || "0", 8);
  return field.subarray(1).reduce((value, byte) => 256 * value + byte, (field[0] ?? 0) & 0x7f);
}

/** The sum of a header's bytes, its own field counted as blanks. */
const sumOf = (header: Buffer): number =>
  header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);

/** The `path` of a PAX header: records `<length> <key>=<value>\n`. */
function paxPath(records: Buffer): string | undefined {
  let path: string | undefined;
  for (let start = 0; start < records.length; ) {
    const blank = records.indexOf(32, start);
    const length = Number(records.toString("latin1", start, blank));
    if (blank < 0 || !Number.isInteger(length) || length < blank - start + 2) break;
    const record = records.toString("utf8", blank + 1, start + length - 1);
    if (record.startsWith("path=")) path = record.slice(5);
    start += length;
  }
  return path;
}

/** Why a path may not be followed, undefined where it may. */
export function unsafePath(path: string): string | undefined {
  if (path.startsWith("/") || /^[a-z]:/i.test(path)) return "has an absolute path";
  return path.split(/[/\\]/).includes("..") ? 'leads out of the archive by ".."' : undefined;
}

/** Collects a short content whole. */
const collector = (use: (content: Buffer) => void): ByteSink => {
  const pieces: Buffer[] = [];
  return { push: (bytes) => pieces.push(Buffer.from(bytes)), end: () => use(Buffer.concat(pieces)) };
};

/**
 * A reader of tar archives (POSIX ustar and PAX, GNU long names), one entry at a time: nothing is written,
 * links and paths that lead elsewhere are refused. It throws {@link TarError} where the bytes are no archive.
 */
export function createTarReader(visitor: TreeVisitor): TarReader {
  let offset = 0;
  let header = Buffer.alloc(0);
  /** Bytes of content and of padding that are still to come. */
  let [content, padding] = [0, 0];
  let sink: ByteSink | undefined;
  let longName: string | undefined;
  let empty = 0;

  const entry = (block: Buffer): void => {
    if (block.every((byte) => byte === 0)) {
      empty++;
      return;
    }
    if (numberIn(block.subarray(148, 156)) !== sumOf(block))
      throw new TarError(`no tar header at byte ${offset - blockSize}`);
    const size = numberIn(block.subarray(124, 136));
    if (!Number.isSafeInteger(size) || size < 0) throw new TarError(`no size at byte ${offset - blockSize}`);
    content = size;
    padding = (blockSize - (size % blockSize)) % blockSize;
    sink = sinkOf(block, size);
    if (content === 0) finish();
  };

  const sinkOf = (block: Buffer, size: number): ByteSink | undefined => {
    const type = String.fromCharCode(block[156] ?? 0);
    if ("Lx".includes(type)) {
      if (size > longestName) throw new TarError(`a name of ${size} bytes at byte ${offset - blockSize}`);
      return collector((bytes) => {
        longName = type === "L" ? text(bytes) : paxPath(bytes);
      });
    }
    if (type === "g") return undefined;
    const name = text(block.subarray(0, 100));
    const prefix = text(block.subarray(257, 262)) === "ustar" ? text(block.subarray(345, 500)) : "";
    const path = (longName ?? (prefix === "" ? name : `${prefix}/${name}`)).replace(/^(\.\/)+/, "");
    longName = undefined;
    if (type === "5") return undefined;
    const unsafe = unsafePath(path);
    const link = refusedTypes[type];
    if (unsafe !== undefined) visitor.refused(path, `${unsafe}; it is not read`);
    else if (link !== undefined) visitor.refused(path, `is ${link} in the archive, which is not followed`);
    else if ("0\x007".includes(type)) return visitor.file(path);
    else visitor.refused(path, `is of the unknown type ${JSON.stringify(type)}`);
    return undefined;
  };

  const finish = (): void => {
    sink?.end();
    sink = undefined;
  };

  return {
    get offset() {
      return offset;
    },
    push(bytes) {
      for (let start = 0; start < bytes.length; ) {
        // Two blocks of zeros end an archive; what follows is filling.
        if (empty >= 2) return;
        const left = bytes.length - start;
        if (content > 0) {
          const count = Math.min(content, left);
          sink?.push(bytes.subarray(start, start + count));
          [start, offset, content] = [start + count, offset + count, content - count];
          if (content === 0) finish();
        } else if (padding > 0) {
          const count = Math.min(padding, left);
          [start, offset, padding] = [start + count, offset + count, padding - count];
        } else {
          const count = Math.min(blockSize - header.length, left);
          const piece = bytes.subarray(start, start + count);
          header = header.length === 0 ? Buffer.from(piece) : Buffer.concat([header, piece]);
          [start, offset] = [start + count, offset + count];
          if (header.length < blockSize) return;
          const block = header;
          header = Buffer.alloc(0);
          entry(block);
        }
      }
    },
    end() {
      if (offset === 0) throw new TarError("the archive is empty");
      if (empty === 0) throw new TarError(`the archive breaks off at byte ${offset}`);
    },
  };
}
