import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { openTokenFile } from "../../../packages/text/src/index.js";
import { typed } from "./typed.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const json = (stdout: string): Record<string, unknown> => JSON.parse(stdout);

describe("steepest train on a language, and sample from it", () => {
  const run = () => join(folder, "run");
  let result: Record<string, unknown> = {};
  beforeAll(async () => {
    const { code, stdout, stderr } = await typed(
      ...[
        "train",
        "procedural-language",
        "--preset",
        "nanogpt-cpu",
        "--steps",
        "3",
        "--out",
        run(),
        "--json",
      ],
    );
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("step 3") });
    result = json(stdout);
  }, 180_000);

  it("trains nanoGPT's model by its recipe", async () => {
    expect(result).toMatchObject({
      ...{ workload: "procedural-language", parameters: 804_096, steps: 3, metric: "loss" },
      optimizer: "adamw:beta2=0.99,weightDecay=0.1",
      validation: { count: 49_999 },
    });
    // ln 65, nearly: at first every token is as likely as any other. The entropy is the least that can be.
    expect(result.initialLoss).toBeCloseTo(Math.log(65), 1);
    expect(result.leastLoss).toBeCloseTo(2.1147, 4);
    const configuration = json(await readFile(join(run(), "run.json"), "utf8"));
    expect(configuration).toMatchObject({
      ...{ decay: "matrices", clip: { globalNorm: 1 }, batchSize: 12, evaluateEvery: 250 },
      schedule: "cosine:steps=2,warmup=0,start=1,final=0.1",
    });
  });

  it("writes the same text from the same seed, and begins it as it is told to", async () => {
    const sample = (...more: readonly string[]) => typed("sample", run(), "--tokens", "12", ...more);
    const { code, stdout } = await sample("--prompt", "ba . me", "--json");
    expect(code).toBe(0);
    const { text, ...rest } = json(stdout);
    expect(rest).toMatchObject({ workload: "procedural-language", step: 3, tokens: 12, seed: 0 });
    expect(String(text)).toMatch(/^ba \. me( \S+){12}$/);
    expect((await sample("--prompt", "ba . me", "--json")).stdout).toBe(stdout);
    expect((await sample("--prompt", "ba . me", "--seed", "1", "--json")).stdout).not.toBe(stdout);
    const greedy = await sample("--temperature", "0");
    expect(greedy.stdout.trim().split(" ")).toHaveLength(12);
    expect((await sample("--top-k", "1")).stdout).toBe(greedy.stdout);
  });

  it.each<[readonly string[], RegExp]>([
    [["--prompt", "ba Romeo"], /the word "Romeo" \(number 2 of the text\).*there are/],
    [["--prompt", ""], /--prompt is empty.*Leave it out/],
    [["--threads", "100000"], /number of threads is 100000.*1 to 256/],
    [["--tokens", "0"], /Expected an integer >= 1/],
    [["--temperature", "-1"], /temperature of at least 0, found -1/],
  ])("refuses %j", async (more, message) => {
    const { code, stderr, stdout } = await typed("sample", run(), "--tokens", "3", ...more);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("says what is no run, or none of a language", async () => {
    expect(await typed("sample", join(folder, "nowhere"))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no run in .*nowhere.*run.json is missing/),
    });
    const out = join(folder, "linear");
    expect((await typed("train", "least-squares", "--steps", "1", "--out", out)).code).toBe(0);
    expect(await typed("sample", out)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/one of least-squares, whose model makes no text/),
    });
  });

  it.each<[readonly string[], RegExp]>([
    [
      ["shakespeare", "--preset", "babygpt"],
      /unknown preset of shakespeare "babygpt".*Did you mean "baby-gpt"/,
    ],
    [["least-squares", "--preset", "baby-gpt"], /least-squares has no presets.*shakespeare/],
    [["procedural-language", "--accumulate", "5"], /batch of 12 examples.*from 5 equal parts/],
    [["procedural-language", "--decay", "biases"], /Allowed choices are all, matrices/],
    [["procedural-language", "--batch", "15625"], /15625 exceeds the 15624 training examples/],
  ])("train refuses %j", async (args, message) => {
    const out = join(folder, "refused");
    const { code, stderr } = await typed("train", ...args, "--steps", "1", "--out", out);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

describe("steepest tokenise", () => {
  it("turns texts into a token file, with the last one to validate", async () => {
    const [a, b, out] = [join(folder, "a.txt"), join(folder, "b.txt"), join(folder, "t", "both.tokens")];
    await writeFile(a, "Hello world");
    await writeFile(b, " again");
    const { code, stdout } = await typed("tokenise", a, b, "--split", "files", "--out", out);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /both.tokens: 17 tokens of 12 different ones \(characters\), 6 of them to validate/,
    );
    const file = openTokenFile(out);
    expect(file.header).toMatchObject({ count: 17, splits: { validation: 11 }, vocabulary: 12 });
    file.close();
    expect(
      (await typed("tokenise", a, "--tokeniser", "gpt2", "--validation", "0.5", "--out", out)).code,
    ).toBe(0);
    const pairs = openTokenFile(out);
    const tokens = new Uint16Array(2);
    pairs.tokens.read(0, tokens);
    expect([...tokens]).toEqual([15_496, 995]);
    expect(pairs.header.splits).toEqual({ validation: 1 });
    pairs.close();
  });

  it.each<[readonly string[], number, RegExp]>([
    [["nowhere.txt"], 1, /there is no file nowhere.txt/],
    [["package.json", "--validation", "1"], 2, /--validation is 1.*in \(0, 1\)/],
    [["package.json", "--split", "files"], 2, /takes the last of several files.*found 1/],
  ])("refuses %j", async (args, code, message) => {
    const out = join(folder, "none.tokens");
    const found = await typed("tokenise", ...args, "--out", out);
    expect(found.stderr).toMatch(message);
    expect(found.code).toBe(code);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[string, Uint8Array | undefined, RegExp]>([
    ["latin.txt", Uint8Array.of(0x63, 0xe9), /latin\.txt is not a text in UTF-8.*iconv/],
    ["empty.txt", new Uint8Array(), /empty\.txt is empty/],
    ["folder.txt", undefined, /folder\.txt is a folder.*paths of the texts/],
  ])("refuses %s", async (name, bytes, message) => {
    const path = join(folder, name);
    if (bytes === undefined) await mkdir(path);
    else await writeFile(path, bytes);
    const out = join(folder, "none.tokens");
    const { code, stderr } = await typed("tokenise", path, "--out", out);
    expect(stderr).toMatch(message);
    expect({ code, isThere: existsSync(out) }).toEqual({ code: 2, isThere: false });
  });

  it("and export replace nothing but files of their kind", async () => {
    const mine = join(folder, "mine.txt");
    await writeFile(mine, "my only copy");
    const commands = [
      ["tokenise", mine, "--out", mine],
      ["export", join(folder, "run"), "--onnx", mine],
      ["export", join(folder, "run"), "--safetensors", mine],
    ];
    for (const command of commands) {
      const { code, stderr } = await typed(...command);
      expect(stderr).toMatch(/mine\.txt exists and is no (token )?file.*Name another file/);
      expect(code).toBe(2);
    }
    expect(await readFile(mine, "utf8")).toBe("my only copy");
    const out = join(folder, "twice.tokens");
    for (const text of [mine, mine]) expect((await typed("tokenise", text, "--out", out)).code).toBe(0);
  });

  it("is what fineweb asks for where there is no text", async () => {
    const data = join(folder, "data");
    await mkdir(data);
    const before = process.env.STEEPEST_DATA;
    process.env.STEEPEST_DATA = data;
    try {
      const { code, stderr } = await typed("train", "fineweb", "--steps", "1", "--out", join(folder, "gpt2"));
      expect(stderr).toMatch(/has the files of FineWeb.*Put fineweb.tokens there/);
      expect(code).toBe(1);
    } finally {
      if (before === undefined) delete process.env.STEEPEST_DATA;
      else process.env.STEEPEST_DATA = before;
    }
  });
});
