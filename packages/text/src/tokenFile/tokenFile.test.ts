import { createHash } from "node:crypto";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { characterTokeniser } from "../tokenisers/symbols.js";
import { openTokenFile, readTokenFile } from "./read.js";
import { tokensInMemory } from "./tokens.js";
import { writeTokenFile } from "./write.js";

let folder: string;
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const tokeniser = characterTokeniser("abcde");
const tokens = Uint16Array.from({ length: 1000 }, (_, i) => (i * i + 3 * i) % 5);

async function written(name: string, of: Uint16Array = tokens): Promise<string> {
  const path = join(folder, name);
  await writeTokenFile(path, of, tokeniser, { validation: Math.floor(0.9 * of.length) });
  return path;
}

/** A file put together by hand, as the format says, with any header. */
function byHand(header: object, content: Uint16Array, { version = 1, magic = "steeptok" } = {}): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const padding = Buffer.alloc((64 - ((16 + json.length) % 64)) % 64, " ");
  const prefix = Buffer.alloc(16);
  prefix.write(magic, "latin1");
  prefix.writeUInt32LE(version, 8);
  prefix.writeUInt32LE(json.length + padding.length, 12);
  const words = Buffer.alloc(2 * content.length);
  content.forEach((token, i) => void words.writeUInt16LE(token, 2 * i));
  return Buffer.concat([prefix, json, padding, words]);
}

const sha256 = (content: Uint16Array) =>
  createHash("sha256")
    .update(new Uint8Array(content.buffer, content.byteOffset, content.byteLength))
    .digest("hex");

const header = {
  ...{ tokeniser: "characters", symbols: ["a", "b", "c", "d", "e"], vocabulary: 5, count: 1000 },
  splits: { validation: 900 },
  sha256: sha256(tokens),
};

describe("token files", () => {
  it("have the bytes that the format says", async () => {
    const bytes = await readFile(await written("bytes"));
    expect(bytes.subarray(0, 8).toString("latin1")).toBe("steeptok");
    const end = 16 + bytes.readUInt32LE(12);
    expect(end % 64).toBe(0);
    expect(JSON.parse(bytes.subarray(16, end).toString())).toEqual(header);
    expect(bytes.length).toBe(end + 2000);
    expect([0, 1, 999].map((i) => bytes.readUInt16LE(end + 2 * i))).toEqual([
      tokens[0],
      tokens[1],
      tokens[999],
    ]);
    const path = join(folder, "by hand");
    await writeFile(path, byHand(header, tokens));
    expect(readTokenFile(path).header).toEqual(header);
  });

  it("give tokens back, whole and by windows", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(4), { maxLength: 300 }),
        fc.nat(300),
        fc.nat(300),
        async (list, a, b) => {
          const path = await written("property", Uint16Array.from(list));
          const all = readTokenFile(path).tokens;
          expect(all.length).toBe(list.length);
          expect(all.residentBytes).toBe(2 * list.length);
          const [start, end] = [Math.min(a, b, list.length), Math.min(Math.max(a, b), list.length)];
          const file = openTokenFile(path);
          try {
            expect(file.tokens.residentBytes).toBe(0);
            for (const each of [all, file.tokens]) {
              const narrow = new Uint16Array(end - start);
              const wide = new Int32Array(end - start);
              each.read(start, narrow);
              each.read(start, wide);
              expect([...narrow]).toEqual(list.slice(start, end));
              expect([...wide]).toEqual(list.slice(start, end));
            }
          } finally {
            file.close();
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuse windows that are not within them", async () => {
    const file = openTokenFile(await written("windows"));
    for (const each of [file.tokens, tokensInMemory(tokens)])
      for (const start of [-1, 991, 0.5])
        expect(() => each.read(start, new Int32Array(10))).toThrow(/were asked for, but there are 1000/);
    file.close();
  });

  it("are refused where they are cut short, at any place", async () => {
    const path = await written("cut");
    const bytes = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        await writeFile(path, bytes.subarray(0, length));
        expect(() => openTokenFile(path)).toThrow(
          expect.objectContaining({ code: "malformed-file", message: expect.stringContaining(path) }),
        );
      }),
      { numRuns: 60 },
    );
    await writeFile(path, bytes.subarray(0, bytes.length - 2));
    expect(() => openTokenFile(path)).toThrow(/has \d+ bytes, but 1000 tokens make \d+: it was cut short/);
    await writeFile(path, Buffer.concat([bytes, Buffer.alloc(2)]));
    expect(() => openTokenFile(path)).toThrow(/written past its end/);
  });

  it("are refused where any bit of their tokens has changed", async () => {
    const path = await written("flipped");
    const bytes = await readFile(path);
    const begin = bytes.length - 2000;
    await fc.assert(
      fc.asyncProperty(fc.nat(1999), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[begin + at] = (changed[begin + at] ?? 0) ^ (1 << bit);
        await writeFile(path, changed);
        expect(() => openTokenFile(path)).toThrow(/SHA-256 of its tokens|its vocabulary has 5/);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["another kind of file", { magic: "PK\u0003\u0004" }, {}, /begins with "PK/],
    ["a later format", { version: 2 }, {}, /its format is 2; this program reads format 1/],
    [
      "a vocabulary that its tokens leave",
      {},
      { vocabulary: 4, symbols: [..."abcd"] },
      /is 4, but its vocabulary has 4/,
    ],
    ["another checksum", {}, { sha256: "0".repeat(64) }, /the SHA-256 of its tokens is/],
    ["no checksum", {}, { sha256: undefined }, /"sha256" of its header is missing, expected 64/],
    [
      "an unknown tokeniser",
      {},
      { tokeniser: "letters" },
      /"tokeniser" of its header is "letters", expected one of/,
    ],
    ["too few symbols", {}, { symbols: ["a"] }, /"symbols" of its header is \["a"\], expected 5 different/],
    ["no symbols", {}, { symbols: undefined }, /no symbols for the tokeniser characters/],
    [
      "a split behind its end",
      {},
      { splits: { validation: 1001 } },
      /"splits.validation" of its header is 1001/,
    ],
    ["splits that overlap", {}, { splits: { validation: 9, test: 8 } }, /"splits.test" of its header is 8/],
    ["no splits", {}, { splits: null }, /"splits.validation" of its header is missing/],
    ["a count that is none", {}, { count: -1 }, /"count" of its header is -1/],
  ])("are refused with %s", async (_, form, changed, message) => {
    const path = join(folder, "wrong");
    await writeFile(path, byHand({ ...header, ...changed }, tokens, form));
    expect(() => openTokenFile(path)).toThrow(message);
    expect(() => openTokenFile(path)).toThrow(expect.objectContaining({ code: "malformed-file" }));
  });

  it("say when they are not there, and when they shrink while they are open", async () => {
    expect(() => openTokenFile(join(folder, "nowhere"))).toThrow(
      expect.objectContaining({ code: "unavailable", message: expect.stringContaining("nowhere") }),
    );
    const path = await written("shrinking");
    const file = openTokenFile(path);
    await truncate(path, 100);
    expect(() => file.tokens.read(900, new Int32Array(100))).toThrow(/was cut short while it was open/);
    file.close();
  });

  it("are not written with tokens or split points that are none", async () => {
    const path = join(folder, "unwritten");
    const write = (list: readonly number[], splits: { validation: number; test?: number }) =>
      writeTokenFile(path, Uint16Array.from(list), tokeniser, splits);
    await expect(write([0, 5], { validation: 1 })).rejects.toThrow(/token 1 is 5/);
    await expect(write([0, 1], { validation: 3 })).rejects.toThrow(/split points 3 and 2/);
    await expect(write([0, 1], { validation: 1, test: 0 })).rejects.toThrow(/split points 1 and 0/);
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
