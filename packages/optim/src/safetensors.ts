import { SteepestError } from "./errors.js";
import { elementCount } from "./parameter.js";

/**
 * The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON header of names, dtypes, shapes and
 * offsets, then the tensors' bytes, little-endian and without gaps. Decoding trusts nothing: a file is read
 * only if every byte is accounted for.
 */

/** The array that holds a tensor of each supported dtype; BOOL is one byte an element, 0 or 1. */
export interface SafetensorsArrays {
  readonly F64: Float64Array;
  readonly I64: BigInt64Array;
  readonly U64: BigUint64Array;
  readonly F32: Float32Array;
  readonly I32: Int32Array;
  readonly U32: Uint32Array;
  readonly U8: Uint8Array;
  readonly BOOL: Uint8Array;
}

/** A supported element type. */
export type SafetensorsDtype = keyof SafetensorsArrays;

/** A tensor of a safetensors file: row-major data whose length is the product of its shape. */
export type SafetensorsTensor = {
  readonly [D in SafetensorsDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: SafetensorsArrays[D];
  };
}[SafetensorsDtype];

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Free text, e.g. a configuration as JSON. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface DtypeLayout {
  readonly bytes: number;
  readonly tensor: (shape: readonly number[], buffer: ArrayBuffer) => SafetensorsTensor;
}

const layouts: Readonly<Record<SafetensorsDtype, DtypeLayout>> = {
  F64: { bytes: 8, tensor: (shape, buffer) => ({ dtype: "F64", shape, data: new Float64Array(buffer) }) },
  I64: { bytes: 8, tensor: (shape, buffer) => ({ dtype: "I64", shape, data: new BigInt64Array(buffer) }) },
  U64: { bytes: 8, tensor: (shape, buffer) => ({ dtype: "U64", shape, data: new BigUint64Array(buffer) }) },
  F32: { bytes: 4, tensor: (shape, buffer) => ({ dtype: "F32", shape, data: new Float32Array(buffer) }) },
  I32: { bytes: 4, tensor: (shape, buffer) => ({ dtype: "I32", shape, data: new Int32Array(buffer) }) },
  U32: { bytes: 4, tensor: (shape, buffer) => ({ dtype: "U32", shape, data: new Uint32Array(buffer) }) },
  U8: { bytes: 1, tensor: (shape, buffer) => ({ dtype: "U8", shape, data: new Uint8Array(buffer) }) },
  BOOL: { bytes: 1, tensor: (shape, buffer) => ({ dtype: "BOOL", shape, data: new Uint8Array(buffer) }) },
};

const lengthBytes = 8;
/** The limit of the format's own implementation: a longer header is an attack, not a model. */
const largestHeader = 100_000_000;
const metadataKey = "__metadata__";

/**
 * Encodes tensors and metadata, bit for bit. The same contents give the same bytes whatever the order of the
 * map: tensors lie by element size, largest first, then by name, so that each is aligned to its own element
 * size.
 * @throws SteepestError `invalid-value` for a reserved name, a shape that is no shape, or a BOOL byte other
 *   than 0 and 1; `shape-mismatch` where data and shape differ in length
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  for (const [name, tensor] of tensors) checkEncodable(name, tensor);
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      layouts[b.dtype].bytes - layouts[a.dtype].bytes || (nameA < nameB ? -1 : Number(nameA > nameB)),
  );
  let end = 0;
  const entries = ordered.map(([name, { dtype, shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const sortedMetadata = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const header = JSON.stringify({
    ...(sortedMetadata.length > 0 ? { [metadataKey]: Object.fromEntries(sortedMetadata) } : {}),
    ...Object.fromEntries(entries),
  });
  const text = new TextEncoder().encode(header);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(lengthBytes + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, lengthBytes, lengthBytes + headerBytes);
  bytes.set(text, lengthBytes);
  let offset = lengthBytes + headerBytes;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function checkEncodable(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  if (name === metadataKey)
    throw new SteepestError(
      "invalid-value",
      `a tensor is named ${metadataKey}`,
      "The format reserves this name",
    );
  if (shape.some((size) => !isSize(size)))
    throw new SteepestError(
      "invalid-value",
      `tensor "${name}" has the shape [${shape.join(", ")}]`,
      "Sizes are integers >= 0",
    );
  if (elementCount(shape) !== data.length)
    throw new SteepestError(
      "shape-mismatch",
      `tensor "${name}" of shape [${shape.join(", ")}] has ${data.length} elements`,
      `Expected ${elementCount(shape)}`,
    );
  if (dtype === "BOOL" && data.some((byte) => byte > 1))
    throw new SteepestError("invalid-value", `BOOL tensor "${name}" holds a byte above 1`, "Use 0 and 1");
}

/**
 * Decodes a safetensors file, bit for bit; the tensors are copies, aligned and independent of `bytes`.
 * @throws SteepestError `malformed-file` for a file that is truncated or too long, a header that is too long,
 *   not JSON, names something twice or holds anything unexpected, an unsupported dtype, and tensors that
 *   overlap or leave bytes uncovered
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < lengthBytes) throw malformed(`it has ${bytes.length} bytes`, "at least 8");
  const declared = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (declared > BigInt(largestHeader))
    throw malformed(`its header claims ${declared} bytes`, `at most ${largestHeader}`);
  const dataStart = lengthBytes + Number(declared);
  if (dataStart > bytes.length)
    throw malformed(
      `its header claims ${declared} bytes`,
      `at most the ${bytes.length - lengthBytes} that follow`,
    );
  const header = parseHeader(bytes.subarray(lengthBytes, dataStart));
  let metadata: Readonly<Record<string, string>> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = checkedMetadata(value);
    else entries.push(checkedEntry(name, value));
  }
  checkCoverage(entries, bytes.length - dataStart);
  const tensors = new Map(
    entries.map(({ name, layout, shape, begin, end }) => {
      // Not slice(): on Node's Buffer that would be a view.
      const copy = new Uint8Array(end - begin);
      copy.set(bytes.subarray(dataStart + begin, dataStart + end));
      const tensor = layout.tensor(shape, copy.buffer);
      if (tensor.dtype === "BOOL" && tensor.data.some((byte) => byte > 1))
        throw malformed(`BOOL tensor "${name}" holds a byte above 1`, "0 or 1");
      return [name, tensor] as const;
    }),
  );
  return { tensors, metadata };
}

interface TensorEntry {
  readonly name: string;
  readonly layout: DtypeLayout;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const malformed = (found: string, expected: string): SteepestError =>
  new SteepestError(
    "malformed-file",
    `not a safetensors file: ${found}`,
    `Expected ${expected}; the file is damaged or of another format`,
  );

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number =>
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

function checkedEntry(name: string, value: unknown): TensorEntry {
  const where = `tensor "${name}"`;
  if (!isObject(value)) throw malformed(`${where} is not described by an object`, entryKeys.join(", "));
  const surplus = Object.keys(value).find((key) => !entryKeys.includes(key));
  if (surplus !== undefined)
    throw malformed(`${where} has the key "${surplus}"`, `only ${entryKeys.join(", ")}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const layout = Object.entries(layouts).find(([known]) => known === dtype)?.[1];
  if (layout === undefined)
    throw malformed(
      `${where} has the dtype ${JSON.stringify(dtype)}`,
      `one of ${Object.keys(layouts).join(", ")}`,
    );
  if (!isShape(shape)) throw malformed(`${where} has the shape ${JSON.stringify(shape)}`, "integers >= 0");
  if (!isShape(offsets) || offsets.length !== 2)
    throw malformed(`${where} has the offsets ${JSON.stringify(offsets)}`, "two integers >= 0");
  const [begin = 0, end = 0] = offsets;
  const expected = elementCount(shape) * layout.bytes;
  // Beyond 2^53 the product is rounded, but then it is no length of any file either.
  if (end - begin !== expected)
    throw malformed(`${where} lies at bytes ${begin} to ${end}`, `${expected} bytes for its shape and dtype`);
  return { name, layout, shape, begin, end };
}

function checkCoverage(entries: readonly TensorEntry[], dataBytes: number): void {
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
