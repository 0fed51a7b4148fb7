import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { usualSearch } from "@steepest/files";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { characterTokeniser } from "../tokenisers/symbols.js";
import { readShakespeare, shakespeareData } from "./shakespeare.js";

const realFolder = [process.env.STEEPEST_DATA, resolve(import.meta.dirname, "../../../../../shared/data")]
  .filter((folder) => folder !== undefined)
  .find((folder) => existsSync(join(folder, "tinyshakespeare.txt")));
if (realFolder === undefined)
  process.stderr.write("skipped: tests on the real tiny Shakespeare, found nowhere\n");

let folder: string;
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

describe("readShakespeare", () => {
  it("refuses another text under its name", async () => {
    const chosen = join(folder, "other");
    await mkdir(chosen);
    await writeFile(join(chosen, "tinyshakespeare.txt"), "To be, or not");
    await expect(readShakespeare({ chosen, folders: [], cache: folder, host: undefined })).rejects.toThrow(
      expect.objectContaining({ code: "malformed-file", message: expect.stringContaining(chosen) }),
    );
  });

  it("says where it looked, and does not look elsewhere than where it was told to", async () => {
    const cache = join(folder, "cache");
    expect(await readShakespeare({ folders: [cache], cache, host: undefined })).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/not in .*cache; STEEPEST_OFFLINE/),
    });
    const search = { chosen: folder, folders: [], cache, host: undefined };
    await expect(readShakespeare(search)).rejects.toThrow(/has the files of tiny Shakespeare/);
  });

  describe.skipIf(realFolder === undefined)("with the real text", () => {
    const real = realFolder ?? "";

    it("reads nanoGPT's 65 characters", async () => {
      const found = await readShakespeare(usualSearch(shakespeareData, { STEEPEST_DATA: real }));
      if (found.kind === "missing") return expect.unreachable(found.reason);
      expect(found.text).toHaveLength(1_115_394);
      const { symbols = [], vocabulary } = characterTokeniser(found.text);
      expect(vocabulary).toBe(65);
      // As nanoGPT's prepare.py prints them.
      expect(symbols.join("")).toBe("\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
      return undefined;
    });

    it("downloads it once, from the host that has it under another name", async () => {
      const asked: (string | undefined)[] = [];
      const bytes = await readFile(join(real, "tinyshakespeare.txt"));
      const server = createServer((request, response) => {
        asked.push(request.url);
        response.end(bytes);
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      const address = server.address();
      const port = address === null || typeof address === "string" ? 0 : address.port;
      const cache = join(folder, "download");
      const search = { folders: [cache], cache, host: `http://127.0.0.1:${port}` };
      try {
        for (let i = 0; i < 2; i++)
          expect(await readShakespeare(search)).toMatchObject({
            kind: "found",
            path: join(cache, "tinyshakespeare.txt"),
          });
        expect(asked).toEqual(["/input.txt"]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  });
});
