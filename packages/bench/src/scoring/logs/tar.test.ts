import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { visitArchive } from "./archive.js";
import { createTarReader, unsafePath } from "./tar.js";
import type { TreeVisitor } from "./visitor.js";

/** One header and its content, as POSIX describes them. */
function tarEntry(path: string, content = "", { type = "0", link = "" } = {}): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100, "utf8");
  header.write("0000644\0", 100);
  header.write(`${Buffer.byteLength(content).toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(link, 157);
  header.write("ustar\0", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

const ending = Buffer.alloc(1024);

/** Keeps what a reader hands over. */
function createRecorder() {
  const files = new Map<string, string>();
  const refused: string[] = [];
  const visitor: TreeVisitor = {
    refused: (path, reason) => refused.push(`${path} ${reason}`),
    file(path) {
      let text = "";
      return { push: (bytes) => (text += bytes.toString()), end: () => files.set(path, text) };
    },
  };
  return { files, refused, visitor };
}

describe("the tar reader", () => {
  const contents = { "a.csv": "one\n", "b/c.csv": "x".repeat(512), "b/empty": "", "d.csv": "y".repeat(1300) };
  const archive = Buffer.concat([
    ...Object.entries(contents).map(([path, content]) => tarEntry(path, content)),
    ending,
  ]);

  it("gives the same files however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 40 }), (cuts) => {
        const { files, refused, visitor } = createRecorder();
        const reader = createTarReader(visitor);
        let start = 0;
        for (const cut of cuts) {
          reader.push(archive.subarray(start, start + cut));
          start += cut;
        }
        reader.push(archive.subarray(start));
        reader.end();
        expect(Object.fromEntries(files)).toEqual(contents);
        expect(refused).toEqual([]);
      }),
    );
  });

  it("refuses what leads elsewhere, and reads the rest", () => {
    const { files, refused, visitor } = createRecorder();
    const reader = createTarReader(visitor);
    for (const entry of [
      tarEntry("../outside.csv", "out"),
      tarEntry("a/../../outside.csv", "out"),
      tarEntry("/etc/passwd", "out"),
      tarEntry("link.csv", "", { type: "2", link: "/etc/passwd" }),
      tarEntry("hard.csv", "", { type: "1", link: "a.csv" }),
      tarEntry("pipe.csv", "", { type: "6" }),
      tarEntry("./good.csv", "good"),
      ending,
    ])
      reader.push(entry);
    reader.end();
    expect(Object.fromEntries(files)).toEqual({ "good.csv": "good" });
    expect(refused).toEqual([
      '../outside.csv leads out of the archive by ".."; it is not read',
      'a/../../outside.csv leads out of the archive by ".."; it is not read',
      "/etc/passwd has an absolute path; it is not read",
      "link.csv is a symbolic link in the archive, which is not followed",
      "hard.csv is a hard link in the archive, which is not followed",
      "pipe.csv is a named pipe in the archive, which is not followed",
    ]);
    for (const path of ["..", "a\\..\\b", "C:/x"]) expect(unsafePath(path)).toBeDefined();
    expect(unsafePath("a..b/..c")).toBeUndefined();
  });

  it("says where the bytes are no archive", () => {
    const broken = Buffer.from(archive);
    broken[3] = 65;
    expect(() => createTarReader(createRecorder().visitor).push(broken)).toThrow("no tar header at byte 0");
    const short = createTarReader(createRecorder().visitor);
    short.push(archive.subarray(0, 700));
    expect(() => short.end()).toThrow("breaks off at byte 700");
    expect(() => createTarReader(createRecorder().visitor).end()).toThrow("empty");
  });

  it("never fails in another way on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.boolean(), (bytes, within) => {
        const { visitor } = createRecorder();
        const reader = createTarReader(visitor);
        try {
          if (within) reader.push(tarEntry("a.csv", "one"));
          reader.push(Buffer.from(bytes));
          reader.end();
        } catch (error) {
          expect(error).toMatchObject({ name: "TarError" });
        }
      }),
    );
  });
});

const tarIsThere = spawnSync("tar", ["--version"]).stdout?.includes("GNU tar") === true;
if (!tarIsThere) process.stderr.write("skipped: no GNU tar, so its archives were not read\n");

describe.skipIf(!tarIsThere)("archives of GNU tar", () => {
  let folder: string;
  const long = `${"deep_folder_name/".repeat(18)}eval_measurements.csv`;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "steepest-tar-"));
    for (const [path, content] of [
      ["in/short.csv", "short\n"],
      ["in/ünïcode.csv", "named\n"],
      [`in/${long}`, "long\n"],
    ] as const) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    symlinkSync("/etc/passwd", join(folder, "in/link"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["gnu", "posix", "ustar"])("in the format %s, compressed or not", async (format) => {
    for (const [name, flags] of [
      ["logs.tar", "cf"],
      ["logs.tar.gz", "czf"],
    ] as const) {
      const path = join(folder, name);
      const skipped = format === "ustar" ? [`--exclude=${long.split("/")[0]}`] : [];
      const made = spawnSync("tar", [
        `--format=${format}`,
        ...skipped,
        `-${flags}`,
        path,
        "-C",
        join(folder, "in"),
        ".",
      ]);
      expect(made.status).toBe(0);
      const { files, refused, visitor } = createRecorder();
      await visitArchive(path, visitor);
      const wanted = {
        "short.csv": "short\n",
        "ünïcode.csv": "named\n",
        ...(format === "ustar" ? {} : { [long]: "long\n" }),
      };
      expect(Object.fromEntries(files)).toEqual(wanted);
      expect(refused).toEqual(["link is a symbolic link in the archive, which is not followed"]);
    }
  });

  it("that are damaged give what came before, and the place", async () => {
    const whole = gzipSync(
      Buffer.concat([tarEntry("a.csv", "kept"), tarEntry("b.csv", "z".repeat(90_000)), ending]),
      {
        level: 0,
      },
    );
    for (const [name, bytes] of [
      ["cut.tar.gz", whole.subarray(0, 30_000)],
      ["noise.tar.gz", Buffer.from("no archive")],
    ] as const) {
      writeFileSync(join(folder, name), bytes);
      const { files, refused, visitor } = createRecorder();
      await visitArchive(join(folder, name), visitor);
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatch(new RegExp(`^${name} is damaged: .* after \\d+ bytes`));
      expect([...files.keys()]).toEqual(name === "cut.tar.gz" ? ["a.csv"] : []);
    }
  });
});
