import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { bytePairTokeniser, writeTokenFile } from "@steepest/text";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { languageModel } from "../language/languageModel.js";
import { openFineweb } from "./workload.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

describe("FineWeb", () => {
  const cached = () => ({ STEEPEST_CACHE: folder });

  it("is read from the user's token file, of which nothing stays in memory", async () => {
    const path = join(folder, "fineweb", "fineweb.tokens");
    const tokeniser = await bytePairTokeniser();
    const tokens = Uint16Array.from({ length: 5000 }, (_, i) => (i * 7919) % tokeniser.vocabulary);
    await writeTokenFile(path, tokens, tokeniser, { validation: 3900 });
    const dataset = await openFineweb(cached());
    expect(dataset).toMatchObject({ source: `FineWeb, ${path}`, procedural: false });
    expect(dataset.splits).toEqual({
      train: { start: 0, end: 3900 },
      validation: { start: 3900, end: 5000 },
      test: { start: 3900, end: 5000 },
    });
    const window = new Int32Array(3);
    dataset.tokens.read(4000, window);
    expect([...window]).toEqual([...tokens.subarray(4000, 4003)]);
    const small = { layers: 1, heads: 1, width: 4, context: 1024, vocabulary: 50_257 };
    expect(languageModel(dataset, small)).toMatchObject({
      dataBytes: 0,
      trainCount: 3,
      testIsValidation: true,
    });
    await rm(path);
  });

  it("says how to make the file where there is none", async () => {
    await mkdir(join(folder, "fineweb"), { recursive: true });
    await expect(openFineweb(cached())).rejects.toThrow(
      /FineWeb is not in .*fineweb.*steepest tokenise train.txt validation.txt --tokeniser gpt2/,
    );
    await expect(openFineweb({ STEEPEST_DATA: folder })).rejects.toMatchObject({ code: "unavailable" });
  });
});
