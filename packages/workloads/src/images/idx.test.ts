import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { decodeIdx, readIdx } from "./idx.js";

const encode = (shape: readonly number[], data: Uint8Array, type = 8): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = type;
  bytes[3] = shape.length;
  for (const [i, size] of shape.entries()) view.setUint32(4 + 4 * i, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
};

const shapeAndData = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }).chain((shape) =>
  fc
    .uint8Array({
      minLength: shape.reduce((a, b) => a * b, 1),
      maxLength: shape.reduce((a, b) => a * b, 1),
    })
    .map((data) => ({ shape, data })),
);

describe("decodeIdx", () => {
  it("gives back shape and elements", () => {
    fc.assert(
      fc.property(shapeAndData, ({ shape, data }) => {
        const decoded = decodeIdx(encode(shape, data), shape.length, "f");
        expect(decoded.shape).toEqual(shape);
        expect([...decoded.data]).toEqual([...data]);
      }),
    );
  });

  it("refuses every truncation and any excess, naming the file", () => {
    const whole = encode([2, 3], new Uint8Array(6));
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeIdx(whole.subarray(0, length), 2, "some-file")).toThrow(/^some-file: .*found/);
    }
    expect(() => decodeIdx(Uint8Array.of(...whole, 0), 2, "f")).toThrow(
      /left over: expected 2 x 3 = 6 elements, found 7/,
    );
  });

  it("refuses another type, another rank and what is not idx", () => {
    expect(() => decodeIdx(encode([1], new Uint8Array(8), 0x0d), 1, "f")).toThrow(/found 0x00000d01/);
    expect(() => decodeIdx(encode([1, 1, 1], new Uint8Array(1)), 1, "f")).toThrow(
      /expected .* 0x00000801 .*found 0x00000803/,
    );
    expect(() => decodeIdx(new TextEncoder().encode("<html></html>"), 1, "f")).toThrow(/malformed|magic/);
  });
});

describe("readIdx", () => {
  let folder: string;
  beforeAll(
    temporaryFolder((path) => {
      folder = path;
    }),
  );

  it("reads what gzip compressed, and names a file that is cut off", async () => {
    const file = join(folder, "a.gz");
    const bytes = gzipSync(encode([3], Uint8Array.of(1, 2, 3)));
    await writeFile(file, bytes);
    expect([...(await readIdx(file, 1)).data]).toEqual([1, 2, 3]);
    await writeFile(file, bytes.subarray(0, bytes.length - 5));
    await expect(readIdx(file, 1)).rejects.toMatchObject({ code: "malformed-file" });
    await expect(readIdx(file, 1)).rejects.toThrow(`${file}: expected a whole gzip file`);
    await writeFile(file, "not gzip");
    await expect(readIdx(file, 1)).rejects.toThrow(/incorrect header/);
  });
});
