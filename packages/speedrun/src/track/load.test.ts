import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { loadTrack, shippedTracks, trackNames } from "./load.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const shipped = new URL("../../tracks/shakespeare-steps.yaml", import.meta.url);

/** The shipped track with a line changed, as a file of one's own. */
async function changed(from: string | RegExp, to: string): Promise<string> {
  const text = await readFile(shipped, "utf8");
  const path = join(folder, "shakespeare-steps.yaml");
  await writeFile(path, text.replace(from, to));
  expect(text.replace(from, to)).not.toBe(text);
  return path;
}

describe("tracks", () => {
  it("are shipped under their own names", async () => {
    expect(await trackNames()).toEqual([
      "gpt2-124m",
      "procedural-steps",
      "shakespeare-steps",
      "shakespeare-time",
    ]);
    expect((await shippedTracks()).map(({ name }) => name)).toEqual(await trackNames());
  });

  it("of optimizers alone have nanoGPT's model, batch and split", async () => {
    expect(await loadTrack("shakespeare-steps")).toMatchObject({
      model: { parameters: 804_096 },
      batch: { sequences: 12, context: 64 },
      // int(0.9 · 1,115,394) tokens train; of the rest every token but the first is predicted.
      target: { loss: 1.7, tokens: 1_115_394 - Math.floor(0.9 * 1_115_394) - 1 },
      changes: "optimizer",
    });
  });

  it("are read from files of one's own", async () => {
    const path = await changed("loss: 1.70", "loss: 1.60");
    expect((await loadTrack(path)).target.loss).toBe(1.6);
  });

  it.each<[string | RegExp, string, RegExp]>([
    [
      "measure: steps",
      "mesure: steps",
      /shakespeare-steps\.yaml:11:1: unknown key "mesure"\. Did you mean "measure"/,
    ],
    ["loss: 1.70", "loss: low", /shakespeare-steps\.yaml:10:17: target\.loss is wrong/],
    [/^baseline: .*\n/m, "", /baseline is missing\. Add it; see .*shakespeare-steps\.yaml/],
    ["kind: margin, threshold", "kind: marign, threshold", /significance/],
    ["name: shakespeare-steps", "name: ../../etc", /name is wrong: expected small letters/],
  ])("refuse %s -> %s with line and column", async (from, to, message) => {
    await expect(loadTrack(await changed(from, to))).rejects.toThrow(message);
  });

  it("have the name of their file, under which records are kept", async () => {
    const path = await changed("name: shakespeare-steps", "name: mine");
    await expect(loadTrack(path)).rejects.toThrow(
      /names its track "mine", expected "shakespeare-steps" as the file/,
    );
  });

  it("name the nearest where a name is unknown, and the file where there is none", async () => {
    await expect(loadTrack("shakespear-steps")).rejects.toThrow(/Did you mean "shakespeare-steps"/);
    await expect(loadTrack(join(folder, "absent.yaml"))).rejects.toThrow(/absent\.yaml.*cannot be read/);
  });
});
