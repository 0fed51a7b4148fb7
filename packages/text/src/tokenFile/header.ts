import { SteepestError } from "@steepest/optim";
import { mostTokens, type TokeniserName, tokeniserNames } from "../tokenisers/tokeniser.js";

/*
 * A token file, all numbers little-endian:
 *
 *   bytes 0..7     "steeptok"
 *   bytes 8..11    uint32, the version of the format
 *   bytes 12..15   uint32, bytes of the header that follows
 *   header         JSON in UTF-8, filled up with spaces to a multiple of 64 bytes from the beginning
 *   tokens         uint16 each, to the end of the file
 */

/** The first bytes of every token file. */
const magic = "steeptok";
const version = 1;
const prefixBytes = 16;
const alignment = 64;
/** No header of ours is longer: 65,536 symbols of a few dozen bytes. */
const mostHeaderBytes = 2 ** 24;

/** Where the tokens to validate with begin, and those to test with, which end with the file. */
export interface SplitPoints {
  readonly validation: number;
  /** Absent where there are none: validation then goes to the end. */
  readonly test?: number;
}

/** What a token file says of its tokens. */
export interface TokenFileHeader {
  readonly tokeniser: TokeniserName;
  /** The text of each token, where the tokeniser is nothing but these. */
  readonly symbols?: readonly string[];
  readonly vocabulary: number;
  /** Number of tokens. */
  readonly count: number;
  readonly splits: SplitPoints;
  /** SHA-256 of the bytes of the tokens. */
  readonly sha256: string;
}

/** A file that is no token file, or not whole. */
export const damaged = (path: string, found: string, cause?: unknown): SteepestError =>
  new SteepestError(
    "malformed-file",
    `${path} is not a whole token file: ${found}`,
    "Remove it and write it again, or restore it",
    { cause },
  );

/** Prefix and header, as they begin a file. */
export function encodeHeader(header: TokenFileHeader): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const end = Math.ceil((prefixBytes + json.length) / alignment) * alignment;
  const bytes = new Uint8Array(end).fill(" ".charCodeAt(0));
  bytes.set(new TextEncoder().encode(magic));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, end - prefixBytes, true);
  bytes.set(json, prefixBytes);
  return bytes;
}

/** Whether a file that begins so is a token file. */
export const isTokenFile = (start: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(start.subarray(0, magic.length)) === magic;

/** A header as it was read, and the byte where the tokens begin. */
export interface ReadHeader {
  readonly header: TokenFileHeader;
  readonly begin: number;
}

/**
 * Reads prefix and header. `read` gives as many bytes from a place as there are, at most those asked for.
 * @throws SteepestError `malformed-file`
 */
export function decodeHeader(path: string, read: (start: number, count: number) => Uint8Array): ReadHeader {
  const prefix = read(0, prefixBytes);
  const found = new TextDecoder("latin1").decode(prefix.subarray(0, magic.length));
  if (found !== magic || prefix.length < prefixBytes)
    throw damaged(path, `it begins with ${JSON.stringify(found)}, expected ${JSON.stringify(magic)}`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const itsVersion = view.getUint32(8, true);
  if (itsVersion !== version)
    throw damaged(path, `its format is ${itsVersion}; this program reads format ${version}`);
  const length = view.getUint32(12, true);
  if (length > mostHeaderBytes)
    throw damaged(path, `its header has ${length} bytes, more than the ${mostHeaderBytes} that one may have`);
  const json = read(prefixBytes, length);
  if (json.length < length)
    throw damaged(path, `it ends after ${json.length} of the ${length} bytes of its header`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw damaged(path, "its header is not JSON", cause);
  }
  return { header: checkedHeader(path, value), begin: prefixBytes + length };
}

function checkedHeader(path: string, value: unknown): TokenFileHeader {
  const field = (key: string, of: unknown = value): unknown =>
    typeof of === "object" && of !== null ? Reflect.get(of, key) : undefined;
  const wrong = (key: string, expected: string, found: unknown) =>
    damaged(path, `"${key}" of its header is ${JSON.stringify(found) ?? "missing"}, expected ${expected}`);
  const integer = (key: string, found: unknown, least: number, most: number): number => {
    if (typeof found === "number" && Number.isSafeInteger(found) && found >= least && found <= most)
      return found;
    throw wrong(key, `an integer from ${least} to ${most}`, found);
  };
  const tokeniser = tokeniserNames.find((name) => name === field("tokeniser"));
  if (tokeniser === undefined)
    throw wrong("tokeniser", `one of ${tokeniserNames.join(", ")}`, field("tokeniser"));
  const vocabulary = integer("vocabulary", field("vocabulary"), 1, mostTokens);
  const count = integer("count", field("count"), 0, Number.MAX_SAFE_INTEGER);
  const validation = integer("splits.validation", field("validation", field("splits")), 0, count);
  const itsTest = field("test", field("splits"));
  const test = itsTest === undefined ? undefined : integer("splits.test", itsTest, validation, count);
  const sha256 = field("sha256");
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    throw wrong("sha256", "64 hexadecimal digits", sha256);
  const symbols = field("symbols");
  if (symbols !== undefined && !isSymbols(symbols, vocabulary))
    throw wrong("symbols", `${vocabulary} different strings`, symbols);
  if ((symbols === undefined) !== (tokeniser === "gpt2"))
    throw damaged(
      path,
      `its header has ${symbols === undefined ? "no symbols" : "symbols"} for the tokeniser ${tokeniser}`,
    );
  return {
    ...{ tokeniser, vocabulary, count, sha256 },
    ...(symbols === undefined ? {} : { symbols }),
    splits: { validation, ...(test === undefined ? {} : { test }) },
  };
}

const isSymbols = (value: unknown, vocabulary: number): value is readonly string[] =>
  Array.isArray(value) &&
  value.length === vocabulary &&
  value.every((symbol) => typeof symbol === "string") &&
  new Set(value).size === vocabulary;
