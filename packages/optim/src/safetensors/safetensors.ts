import { SteepestError } from "../errors.js";
import { elementCount } from "../parameter.js";
import {
  isSize,
  lengthBytes,
  malformed,
  metadataKey,
  readSafetensorsIndex,
  type SafetensorsElement,
  safetensorsElementBytes,
} from "./header.js";

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

const tensorOf: {
  readonly [D in SafetensorsDtype]: (shape: readonly number[], buffer: ArrayBuffer) => SafetensorsTensor;
} = {
  F64: (shape, buffer) => ({ dtype: "F64", shape, data: new Float64Array(buffer) }),
  I64: (shape, buffer) => ({ dtype: "I64", shape, data: new BigInt64Array(buffer) }),
  U64: (shape, buffer) => ({ dtype: "U64", shape, data: new BigUint64Array(buffer) }),
  F32: (shape, buffer) => ({ dtype: "F32", shape, data: new Float32Array(buffer) }),
  I32: (shape, buffer) => ({ dtype: "I32", shape, data: new Int32Array(buffer) }),
  U32: (shape, buffer) => ({ dtype: "U32", shape, data: new Uint32Array(buffer) }),
  U8: (shape, buffer) => ({ dtype: "U8", shape, data: new Uint8Array(buffer) }),
  BOOL: (shape, buffer) => ({ dtype: "BOOL", shape, data: new Uint8Array(buffer) }),
};

const isDecodable = (dtype: string): dtype is SafetensorsDtype => Object.hasOwn(tensorOf, dtype);

/** Where the tensors of a file lie. */
export interface SafetensorsLayout {
  /** The file's beginning: the header's length and the header. */
  readonly start: Uint8Array;
  /** The tensors' names in the order in which their bytes follow, without gaps. */
  readonly order: readonly string[];
}

/**
 * Lays a file out without its tensors' bytes, so that tensors can be written one by one. The same names give
 * the same layout whatever the order of the map: tensors lie by element size, largest first, then by name, so
 * that each is aligned to its own element size.
 * @throws SteepestError `invalid-value` for a reserved name or a shape that is no shape
 */
export function layOutSafetensors(
  tensors: ReadonlyMap<string, { readonly dtype: SafetensorsElement; readonly shape: readonly number[] }>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  for (const [name, { shape }] of tensors) checkNamed(name, shape);
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      safetensorsElementBytes[b.dtype] - safetensorsElementBytes[a.dtype] ||
      (nameA < nameB ? -1 : Number(nameA > nameB)),
  );
  let end = 0;
  const entries = ordered.map(([name, { dtype, shape }]) => {
    const begin = end;
    end += elementCount(shape) * safetensorsElementBytes[dtype];
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const sortedMetadata = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const header = JSON.stringify({
    ...(sortedMetadata.length > 0 ? { [metadataKey]: Object.fromEntries(sortedMetadata) } : {}),
    ...Object.fromEntries(entries),
  });
  const text = new TextEncoder().encode(header);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const start = new Uint8Array(lengthBytes + headerBytes).fill(0x20, lengthBytes);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(text, lengthBytes);
  return { start, order: ordered.map(([name]) => name) };
}

function checkNamed(name: string, shape: readonly number[]): void {
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
}

/**
 * Encodes tensors and metadata, bit for bit, as {@link layOutSafetensors} lays them out.
 * @throws SteepestError `invalid-value` for a reserved name, a shape that is no shape, or a BOOL byte other
 *   than 0 and 1; `shape-mismatch` where data and shape differ in length
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { start, order } = layOutSafetensors(tensors, metadata);
  for (const [name, tensor] of tensors) checkEncodable(name, tensor);
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, start.length);
  const bytes = new Uint8Array(total);
  bytes.set(start);
  let offset = start.length;
  for (const name of order) {
    const data = tensors.get(name)?.data ?? new Uint8Array();
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function checkEncodable(name: string, { dtype, shape, data }: SafetensorsTensor): void {
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
 * @throws SteepestError `malformed-file` as {@link readSafetensorsIndex}, and for a dtype without an array
 *   of its own
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataStart } = readSafetensorsIndex(bytes, bytes.length);
  const tensors = new Map(
    entries.map(({ name, dtype, shape, begin, end }) => {
      if (!isDecodable(dtype))
        throw malformed(
          `tensor "${name}" has the dtype "${dtype}"`,
          `one of ${Object.keys(tensorOf).join(", ")}`,
        );
      // Not slice(): on Node's Buffer that would be a view.
      const copy = new Uint8Array(end - begin);
      copy.set(bytes.subarray(dataStart + begin, dataStart + end));
      const tensor = tensorOf[dtype](shape, copy.buffer);
      if (tensor.dtype === "BOOL" && tensor.data.some((byte) => byte > 1))
        throw malformed(`BOOL tensor "${name}" holds a byte above 1`, "0 or 1");
      return [name, tensor] as const;
    }),
  );
  return { tensors, metadata };
}
