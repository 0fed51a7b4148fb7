import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SteepestError } from "../errors.js";
import { readSafetensorsIndex, safetensorsDataStart } from "./header.js";
import {
  decodeSafetensors,
  encodeSafetensors,
  layOutSafetensors,
  type SafetensorsTensor,
} from "./safetensors.js";

const bytesOf = ({ data }: SafetensorsTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Tensors of every dtype whose bits are arbitrary: NaN payloads, infinities, negative zeros included. */
const tensor: fc.Arbitrary<SafetensorsTensor> = fc
  .array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 })
  .chain((shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bits = (bytes: number): fc.Arbitrary<ArrayBuffer> =>
      fc
        .uint8Array({ minLength: count * bytes, maxLength: count * bytes })
        .map((array) => Uint8Array.from(array).buffer);
    return fc.oneof(
      bits(8).map((buffer) => ({ dtype: "F64" as const, shape, data: new Float64Array(buffer) })),
      bits(8).map((buffer) => ({ dtype: "I64" as const, shape, data: new BigInt64Array(buffer) })),
      bits(8).map((buffer) => ({ dtype: "U64" as const, shape, data: new BigUint64Array(buffer) })),
      bits(4).map((buffer) => ({ dtype: "F32" as const, shape, data: new Float32Array(buffer) })),
      bits(4).map((buffer) => ({ dtype: "I32" as const, shape, data: new Int32Array(buffer) })),
      bits(4).map((buffer) => ({ dtype: "U32" as const, shape, data: new Uint32Array(buffer) })),
      bits(1).map((buffer) => ({ dtype: "U8" as const, shape, data: new Uint8Array(buffer) })),
      bits(1).map((buffer) => ({
        dtype: "BOOL" as const,
        shape,
        data: new Uint8Array(buffer).map((byte) => byte & 1),
      })),
    );
  });

const name = fc
  .oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("__proto__", "constructor", "0", '"', "a/m"),
  )
  .filter((text) => text !== "__metadata__");
const tensors = fc
  .uniqueArray(fc.tuple(name, tensor), { maxLength: 6, selector: ([key]) => key })
  .map((entries) => new Map(entries));
const metadata = fc.dictionary(name, fc.string());

describe("round trip", () => {
  it("keeps names, shapes, dtypes, metadata and every bit", () => {
    fc.assert(
      fc.property(tensors, metadata, (written, text) => {
        const read = decodeSafetensors(encodeSafetensors(written, text));
        expect([...read.tensors.keys()].sort()).toEqual([...written.keys()].sort());
        for (const [key, expected] of written) {
          const actual = read.tensors.get(key);
          expect(actual?.dtype).toBe(expected.dtype);
          expect(actual?.shape).toEqual(expected.shape);
          expect(actual && bytesOf(actual)).toEqual(bytesOf(expected));
        }
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(text).sort());
      }),
    );
  });

  it("gives the same bytes whatever the order of the tensors", () => {
    fc.assert(
      fc.property(tensors, metadata, (written, text) => {
        expect(encodeSafetensors(new Map([...written].reverse()), text)).toEqual(
          encodeSafetensors(written, text),
        );
      }),
    );
  });

  it("aligns the header to 8 bytes and each tensor to its element", () => {
    fc.assert(
      fc.property(tensors, (written) => {
        const bytes = encodeSafetensors(written);
        const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        expect(headerBytes % 8).toBe(0);
        const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
        for (const [key, entry] of Object.entries(Object(header)))
          expect(Object(entry).data_offsets[0] % (written.get(key)?.data.BYTES_PER_ELEMENT ?? 1)).toBe(0);
      }),
    );
  });

  it("does not share memory with its input, whose start may be unaligned (a Node Buffer included)", () => {
    const encoded = encodeSafetensors(
      new Map([["x", { dtype: "F64", shape: [1], data: Float64Array.of(7) }]]),
    );
    const shifted = Buffer.alloc(encoded.length + 3);
    shifted.set(encoded, 3);
    const { tensors: read } = decodeSafetensors(shifted.subarray(3));
    shifted.fill(0);
    expect(read.get("x")?.data).toEqual(Float64Array.of(7));
  });

  it("has the documented layout", () => {
    const bytes = encodeSafetensors(
      new Map<string, SafetensorsTensor>([
        ["flag", { dtype: "BOOL", shape: [], data: Uint8Array.of(1) }],
        ["w", { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, -2) }],
      ]),
      { format: "pt" },
    );
    const json =
      '{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"flag":{"dtype":"BOOL","shape":[],"data_offsets":[8,9]}}';
    const header = json.padEnd(Math.ceil(json.length / 8) * 8, " ");
    expect([...bytes]).toEqual([
      header.length,
      ...Array.from({ length: 7 }, () => 0),
      ...new TextEncoder().encode(header),
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 1],
    ]);
  });
});

describe("the index", () => {
  it("is read from the beginning alone, and says where each tensor lies", () => {
    fc.assert(
      fc.property(tensors, metadata, (written, text) => {
        const bytes = encodeSafetensors(written, text);
        const dataStart = safetensorsDataStart(bytes.subarray(0, 8), bytes.length);
        const index = readSafetensorsIndex(bytes.subarray(0, dataStart), bytes.length);
        expect(index.dataStart).toBe(dataStart);
        expect(Object.entries(index.metadata).sort()).toEqual(Object.entries(text).sort());
        expect(index.entries.map(({ name }) => name).sort()).toEqual([...written.keys()].sort());
        for (const { name, dtype, shape, begin, end } of index.entries) {
          const expected = written.get(name) ?? expect.unreachable(name);
          expect({ dtype, shape }).toEqual({ dtype: expected.dtype, shape: expected.shape });
          expect(bytes.subarray(dataStart + begin, dataStart + end)).toEqual(bytesOf(expected));
        }
      }),
    );
  });

  it("knows dtypes that have no array here, which decoding refuses", () => {
    const { start, order } = layOutSafetensors(
      new Map([
        ["half", { dtype: "BF16", shape: [3] }],
        ["single", { dtype: "F32", shape: [1] }],
      ] as const),
    );
    expect(order).toEqual(["single", "half"]);
    const bytes = Uint8Array.of(...start, ...new Uint8Array(10));
    expect(readSafetensorsIndex(start, bytes.length).entries).toEqual([
      { name: "single", dtype: "F32", shape: [1], begin: 0, end: 4 },
      { name: "half", dtype: "BF16", shape: [3], begin: 4, end: 10 },
    ]);
    expect(() => decodeSafetensors(bytes)).toThrow(/"half" has the dtype "BF16".*F32/);
  });
});

/** A file with this header text and so many data bytes. */
function file(header: string, dataBytes: number, headerLength?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (begin: number, end: number, shape: string = `[${end - begin}]`, dtype = "U8"): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe("a malformed file is refused, and the message says why", () => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["empty", new Uint8Array(0), /0 bytes.*at least 8/],
    ["a header longer than the file", file("{}", 0, 3n), /claims 3 bytes.*at most the 2/],
    ["a hostile header size", file("{}", 0, 2n ** 64n - 1n), /18446744073709551615 bytes.*at most 100000000/],
    ["no object", file("[]", 0), /does not begin with \{/],
    ["no header", file("", 0), /does not begin with \{/],
    ["broken JSON", file('{"a":', 0), /not JSON/],
    ["text after the object", file("{}{}", 0), /not JSON/],
    ["broken UTF-8", Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x20, 0x7d), /not JSON/],
    ["a name twice", file(`{"a":${entry(0, 1)},"a":${entry(1, 2)}}`, 2), /names "a" twice/],
    [
      "a name twice, spelled apart",
      file(`{"a":${entry(0, 1)} , "\\u0061" :${entry(1, 2)}}`, 2),
      /names .* twice/,
    ],
    [
      "a key twice inside",
      file('{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}', 1),
      /"dtype" twice/,
    ],
    ["metadata that is not text", file('{"__metadata__":{"a":1}}', 0), /metadata "a" is not a string/],
    ["metadata that is no object", file('{"__metadata__":[]}', 0), /__metadata__ is not an object/],
    ["no entry", file('{"a":3}', 0), /tensor "a" is not described by an object/],
    [
      "an unknown key",
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"b":1}}', 1),
      /has the key "b"/,
    ],
    ["a bad dtype", file(`{"a":${entry(0, 1, "[1]", "F8")}}`, 1), /the dtype "F8".*one of F64/],
    [
      "an inherited name as dtype",
      file(`{"a":${entry(0, 1, "[1]", "toString")}}`, 1),
      /the dtype "toString"/,
    ],
    ["no dtype", file('{"a":{"shape":[1],"data_offsets":[0,1]}}', 1), /the dtype undefined/],
    ["a negative size", file(`{"a":${entry(0, 1, "[-1]")}}`, 1), /the shape \[-1\]/],
    ["a fractional size", file(`{"a":${entry(0, 1, "[0.5,2]")}}`, 1), /the shape \[0.5,2\]/],
    ["no shape", file('{"a":{"dtype":"U8","data_offsets":[0,1]}}', 1), /the shape undefined/],
    [
      "three offsets",
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', 1),
      /the offsets \[0,1,1\]/,
    ],
    ["offsets backwards", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1), /bytes 1 to 0/],
    ["a shape too large", file(`{"a":${entry(0, 4, "[2]", "F32")}}`, 4), /bytes 0 to 4.*8 bytes/],
    [
      "a shape whose size overflows",
      file(`{"a":${entry(0, 0, "[4294967296,4294967296,4294967296]")}}`, 0),
      /bytes 0 to 0/,
    ],
    [
      "tensors that overlap",
      file(`{"a":${entry(0, 2)},"b":${entry(1, 3)}}`, 3),
      /"b" begins at byte 1.*ends at 2/,
    ],
    ["a hole", file(`{"a":${entry(0, 1)},"b":${entry(2, 3)}}`, 3), /"b" begins at byte 2.*ends at 1/],
    ["bytes before the first", file(`{"a":${entry(1, 2)}}`, 2), /"a" begins at byte 1/],
    ["bytes left over", file(`{"a":${entry(0, 1)}}`, 2), /need 1 bytes and 2 follow/],
    ["truncated data", file(`{"a":${entry(0, 2)}}`, 1), /need 2 bytes and 1 follow/],
    ["no tensors but data", file("{}", 1), /need 0 bytes and 1 follow/],
    [
      "a BOOL byte above 1",
      file(`{"a":${entry(0, 1, "[1]", "BOOL")}}`, 1).fill(2, -1),
      /BOOL tensor "a".*above 1/,
    ],
  ];
  it.each(cases)("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(expect.objectContaining({ code: "malformed-file" }));
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it("no truncation and no bit flip escapes as another error than malformed-file", () => {
    fc.assert(
      fc.property(tensors, fc.nat(), fc.nat({ max: 7 }), fc.boolean(), (written, position, bit, truncate) => {
        const bytes = encodeSafetensors(written, { step: "3" });
        const at = position % bytes.length;
        const damaged = truncate ? bytes.slice(0, at) : bytes;
        if (!truncate) damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        try {
          decodeSafetensors(damaged);
          expect(truncate).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(SteepestError);
          expect(error).toMatchObject({ code: "malformed-file" });
        }
      }),
    );
  });
});

describe("what cannot be encoded is refused", () => {
  const cases: readonly (readonly [string, SafetensorsTensor, SteepestError["code"]])[] = [
    ["__metadata__", { dtype: "U8", shape: [], data: Uint8Array.of(1) }, "invalid-value"],
    ["x", { dtype: "U8", shape: [2], data: Uint8Array.of(1) }, "shape-mismatch"],
    ["x", { dtype: "U8", shape: [-1, -1], data: Uint8Array.of(1) }, "invalid-value"],
    ["x", { dtype: "BOOL", shape: [1], data: Uint8Array.of(2) }, "invalid-value"],
  ];
  it.each(cases)("%s %o", (key, value, code) => {
    expect(() => encodeSafetensors(new Map([[key, value]]))).toThrow(expect.objectContaining({ code }));
  });
});
