import { SteepestError } from "../errors.js";
import { elementCount } from "../parameter.js";

/**
 * What a safetensors file says of its tensors before their bytes
 * (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON header of names, dtypes, shapes
 * and offsets, then the tensors' bytes, little-endian and without gaps. Reading trusts nothing: a file is read
 * only if every byte is accounted for.
 */

/** Bytes of an element of each dtype of the format. */
export const safetensorsElementBytes = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

/** An element type of the format. */
export type SafetensorsElement = keyof typeof safetensorsElementBytes;

/** Where a tensor lies in a file and what it is. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsElement;
  readonly shape: readonly number[];
  /** First byte and the one after the last, counted from the first byte of all tensors. */
  readonly begin: number;
  readonly end: number;
}

/** The tensors of a file without their bytes. */
export interface SafetensorsIndex {
  /** In the header's order. */
  readonly entries: readonly SafetensorsEntry[];
  /** Free text, e.g. a configuration as JSON. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes before the first tensor's. */
  readonly dataStart: number;
}

/** The header's length comes first, in so many bytes. */
export const lengthBytes = 8;
/** The limit of the format's own implementation: a longer header is an attack, not a model. */
const largestHeader = 100_000_000;
/** The name in the header that is no tensor's. */
export const metadataKey = "__metadata__";

/** The error of a file that is not what it should be. */
export const malformed = (found: string, expected: string): SteepestError =>
  new SteepestError(
    "malformed-file",
    `not a safetensors file: ${found}`,
    `Expected ${expected}; the file is damaged or of another format`,
  );

/**
 * Bytes before the first tensor's: what {@link readSafetensorsIndex} needs of a file.
 * @param start - the file's first 8 bytes, or more
 * @param fileBytes - the length of the whole file
 * @throws SteepestError `malformed-file` where the file is shorter than its header or that is too long
 */
export function safetensorsDataStart(start: Uint8Array, fileBytes: number): number {
  if (start.length < lengthBytes) throw malformed(`it has ${start.length} bytes`, "at least 8");
  const declared = new DataView(start.buffer, start.byteOffset, lengthBytes).getBigUint64(0, true);
  if (declared > BigInt(largestHeader))
    throw malformed(`its header claims ${declared} bytes`, `at most ${largestHeader}`);
  if (lengthBytes + Number(declared) > fileBytes)
    throw malformed(
      `its header claims ${declared} bytes`,
      `at most the ${fileBytes - lengthBytes} that follow`,
    );
  return lengthBytes + Number(declared);
}

/**
 * Reads what a file holds from its beginning alone.
 * @param start - the file's first bytes, {@link safetensorsDataStart} of them or more
 * @param fileBytes - the length of the whole file
 * @throws SteepestError `malformed-file` for a file that is truncated or too long, a header that is too long,
 *   not JSON, names something twice or holds anything unexpected, an unknown dtype, and tensors that overlap
 *   or leave bytes uncovered
 */
export function readSafetensorsIndex(start: Uint8Array, fileBytes: number): SafetensorsIndex {
  const dataStart = safetensorsDataStart(start, fileBytes);
  const header = parseHeader(start.subarray(lengthBytes, dataStart));
  let metadata: Readonly<Record<string, string>> = {};
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = checkedMetadata(value);
    else entries.push(checkedEntry(name, value));
  }
  checkCoverage(entries, fileBytes - dataStart);
  return { entries, metadata, dataStart };
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is a number of elements or bytes. */
export const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isShape = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isSize);

function parseHeader(bytes: Uint8Array): JsonObject {
  if (bytes[0] !== 0x7b) throw malformed("its header does not begin with {", "a JSON object");
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed(
      `its header is not JSON (${cause instanceof Error ? cause.message : cause})`,
      "a JSON object",
    );
  }
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw malformed(`its header names ${duplicate} twice`, "each name once");
  if (!isObject(header)) throw malformed("its header is not an object", "a JSON object");
  return header;
}

/** The first key that an object of this (valid) JSON text holds twice: JSON.parse silently keeps the last. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    else if (character === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
      if (!followedByColon(json, at + 1)) continue;
      // Parsed, so that two spellings of one name are equal.
      const key: unknown = JSON.parse(json.slice(start, at + 1));
      const names = open.at(-1);
      if (typeof key !== "string" || names?.has(key)) return json.slice(start, at + 1);
      names?.add(key);
    }
  }
  return undefined;
}

function followedByColon(json: string, at: number): boolean {
  let next = at;
  while (/\s/.test(json[next] ?? "")) next++;
  return json[next] === ":";
}

function checkedMetadata(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) throw malformed(`its ${metadataKey} is not an object`, "strings by name");
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string")
        throw malformed(`its metadata "${key}" is not a string`, "strings by name");
      return [key, text];
    }),
  );
}

const entryKeys = ["dtype", "shape", "data_offsets"];

const isElement = (dtype: unknown): dtype is SafetensorsElement =>
  typeof dtype === "string" && Object.hasOwn(safetensorsElementBytes, dtype);

function checkedEntry(name: string, value: unknown): SafetensorsEntry {
  const where = `tensor "${name}"`;
  if (!isObject(value)) throw malformed(`${where} is not described by an object`, entryKeys.join(", "));
  const surplus = Object.keys(value).find((key) => !entryKeys.includes(key));
  if (surplus !== undefined)
    throw malformed(`${where} has the key "${surplus}"`, `only ${entryKeys.join(", ")}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isElement(dtype))
    throw malformed(
      `${where} has the dtype ${JSON.stringify(dtype)}`,
      `one of ${Object.keys(safetensorsElementBytes).join(", ")}`,
    );
  if (!isShape(shape)) throw malformed(`${where} has the shape ${JSON.stringify(shape)}`, "integers >= 0");
  if (!isShape(offsets) || offsets.length !== 2)
    throw malformed(`${where} has the offsets ${JSON.stringify(offsets)}`, "two integers >= 0");
  const [begin = 0, end = 0] = offsets;
  const expected = elementCount(shape) * safetensorsElementBytes[dtype];
  // Beyond 2^53 the product is rounded, but then it is no length of any file either.
  if (end - begin !== expected)
    throw malformed(`${where} lies at bytes ${begin} to ${end}`, `${expected} bytes for its shape and dtype`);
  return { name, dtype, shape, begin, end };
}

function checkCoverage(entries: readonly SafetensorsEntry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      throw malformed(
        `tensor "${name}" begins at byte ${begin} and the one before ends at ${covered}`,
        "tensors that follow each other",
      );
    covered = end;
  }
  if (covered !== dataBytes)
    throw malformed(
      `its tensors need ${covered} bytes and ${dataBytes} follow the header`,
      "as many as they need",
    );
}
