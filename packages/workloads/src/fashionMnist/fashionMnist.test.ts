import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { type DataSearch, findDataFolder, sha256Of, usualSearch } from "@steepest/files";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { loadFashionMnist } from "./dataset.js";
import { fashionMnistData, fashionMnistFiles } from "./files.js";

const names = Object.values(fashionMnistFiles).map(({ name }) => name);
const realFolder = usualSearch(fashionMnistData).folders.find((folder) =>
  names.every((name) => existsSync(join(folder, name))),
);
if (realFolder === undefined)
  process.stderr.write("skipped: tests on real Fashion-MNIST files, found in no folder\n");

let folder: string;
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const offline = (...folders: string[]): DataSearch => ({
  folders,
  cache: join(folder, "cache"),
  host: undefined,
});

async function fill(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const file of names) await writeFile(join(path, file), "not gzip");
  return path;
}

describe("usualSearch", () => {
  it("looks in Debian's folder, then the cache, and downloads unless offline", () => {
    const search = usualSearch(fashionMnistData, { STEEPEST_CACHE: "cache" });
    expect(search.chosen).toBeUndefined();
    expect(search.folders).toEqual(["/usr/share/datasets/fashion-mnist", join("cache", "fashion-mnist")]);
    expect(search.host).toMatch(/^http/);
    expect(usualSearch(fashionMnistData, { STEEPEST_OFFLINE: "1" }).host).toBeUndefined();
    expect(usualSearch(fashionMnistData, { STEEPEST_OFFLINE: "1" }).folders).toHaveLength(2);
  });
});

describe("findDataFolder", () => {
  it("takes the first folder that holds all four files", async () => {
    const [first, second] = [await fill("first"), await fill("second")];
    await rm(join(first, names[0] ?? ""));
    expect(await findDataFolder(fashionMnistData, offline("nowhere", first, second))).toEqual({
      kind: "found",
      folder: second,
    });
  });

  it("takes the folder that STEEPEST_DATA names, and no other where that lacks a file", async () => {
    const data = await fill(join("data", "fashion-mnist"));
    const search = {
      ...offline(await fill("usual")),
      chosen: usualSearch(fashionMnistData, { STEEPEST_DATA: dirname(data) }).chosen ?? "",
    };
    expect(await findDataFolder(fashionMnistData, search)).toEqual({ kind: "found", folder: data });
    await rm(join(data, names[2] ?? ""));
    await expect(findDataFolder(fashionMnistData, search)).rejects.toThrow(
      /STEEPEST_DATA is .*data, but neither .* unset STEEPEST_DATA/s,
    );
    await expect(loadFashionMnist(() => {}, search)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("says where it looked when there is none", async () => {
    const found = await findDataFolder(fashionMnistData, offline("nowhere", "elsewhere"));
    expect(found).toMatchObject({ kind: "missing" });
    expect(JSON.stringify(found)).toMatch(/nowhere, elsewhere.*STEEPEST_OFFLINE/);
  });

  it("gives up on an unreachable host, and says so", async () => {
    const found = await findDataFolder(fashionMnistData, {
      ...offline("nowhere"),
      host: "http://127.0.0.1:9",
    });
    expect(JSON.stringify(found)).toMatch(/could not download http:\/\/127\.0\.0\.1:9\/t10k-labels/);
  });
});

describe("loadFashionMnist", () => {
  it("draws a procedural set, after one loud notice, where there are no files", async () => {
    const notices: string[] = [];
    const set = await loadFashionMnist((line) => notices.push(line), offline("nowhere"));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/NOT Fashion-MNIST.*nowhere.*STEEPEST_DATA/);
    expect(set.procedural).toBe(true);
    expect(set.source).toMatch(/NOT Fashion-MNIST/);
    expect(set.labels).toHaveLength(70_000);
    expect(set.pixels).toHaveLength(70_000 * 784);
    const again = await loadFashionMnist(() => {}, offline("nowhere"));
    expect(again.pixels).toBe(set.pixels);
  });

  it("does not hide broken files behind the procedural set", async () => {
    const broken = await fill("broken");
    await expect(loadFashionMnist(() => {}, offline(broken))).rejects.toMatchObject({
      code: "malformed-file",
    });
    await expect(loadFashionMnist(() => {}, offline(broken))).rejects.toThrow(broken);
    const empty = gzipSync(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0));
    const emptyImages = gzipSync(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28));
    for (const name of names)
      await writeFile(join(broken, name), name.includes("idx1") ? empty : emptyImages);
    await expect(loadFashionMnist(() => {}, offline(broken))).rejects.toThrow(
      /has shape \[\d+(, 28, 28)?\], found \[0/,
    );
  });

  describe.skipIf(realFolder === undefined)("with the real files", () => {
    const real = realFolder ?? "";

    it("knows their content", async () => {
      for (const { name, sha256 } of Object.values(fashionMnistFiles)) {
        expect(sha256Of(gunzipSync(await readFile(join(real, name))))).toBe(sha256);
      }
    });

    it("splits them into 50,000, the last 10,000 training images, and 10,000", async () => {
      const set = await loadFashionMnist((line) => expect.unreachable(line), offline(real));
      expect(set.procedural).toBe(false);
      expect(set.source).toBe(`Fashion-MNIST, ${real}`);
      expect(set.splits).toEqual({
        train: { start: 0, end: 50_000 },
        validation: { start: 50_000, end: 60_000 },
        test: { start: 60_000, end: 70_000 },
      });
      const raw = async (name: string) => gunzipSync(await readFile(join(real, name)));
      const images = await raw(fashionMnistFiles.trainImages.name);
      expect(
        Buffer.compare(
          set.pixels.subarray(50_000 * 784, 50_001 * 784),
          images.subarray(16 + 50_000 * 784, 16 + 50_001 * 784),
        ),
      ).toBe(0);
      const labels = await raw(fashionMnistFiles.testLabels.name);
      expect([...set.labels.subarray(60_000)]).toEqual([...labels.subarray(8)]);
      for (let label = 0; label < 10; label++) {
        expect(set.labels.subarray(60_000).filter((found) => found === label)).toHaveLength(1000);
      }
    });

    it("downloads what is missing from the cache, whole and verified", async () => {
      const cache = join(folder, "download");
      let requests = 0;
      const server: Server = createServer((request, response) => {
        requests++;
        readFile(join(real, request.url ?? "")).then(
          (bytes) => response.end(bytes),
          () => response.writeHead(404).end(),
        );
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = address === null || typeof address === "string" ? 0 : address.port;
      const search = { folders: [cache], cache, host: `http://127.0.0.1:${port}` };
      await mkdir(cache);
      await cp(join(real, fashionMnistFiles.testImages.name), join(cache, fashionMnistFiles.testImages.name));
      try {
        expect(await findDataFolder(fashionMnistData, search)).toEqual({ kind: "found", folder: cache });
        expect(requests).toBe(3);
        expect(await findDataFolder(fashionMnistData, search)).toEqual({ kind: "found", folder: cache });
        expect(requests).toBe(3);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  });
});
