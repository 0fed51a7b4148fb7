import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BrowserMeasurement, browserPath } from "@steepest/memory";
import { registry } from "@steepest/optim";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { typed } from "./typed.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const json = async (...words: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await typed("memory", ...words, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};

describe("steepest memory", () => {
  it("gives the lecture's chart", async () => {
    const plan = await json("gpt2-xl", "--method", "lecture", "--params", "1.5e9");
    const gigabytes = (bytes: number) => expect.closeTo(bytes * 1e9, -8);
    expect(plan).toMatchObject({
      ...{ method: "lecture", parameters: 1.5e9, fits: false, modelStateBytes: 24e9 },
      terms: [3, 3, 6, 6, 6, 8.05, 6, 3].map((bytes) => ({
        ...{ bytes: gigabytes(bytes), name: expect.any(String), formula: expect.any(String) },
        ...{ low: expect.any(Number), high: expect.any(Number) },
      })),
      totalBytes: gigabytes(41.05),
      verdict: { kind: "short", shortBytes: gigabytes(9.05) },
      activationsByCheckpointing: [
        { kind: "none", activationBytes: gigabytes(60.4) },
        { kind: "full", activationBytes: gigabytes(8.05), isChosen: true },
        { kind: "sqrt", activationBytes: gigabytes(8.72) },
        { kind: "half", activationBytes: gigabytes(30.2) },
      ],
    });
  });

  it("prints terms, verdict, what helps and what fits in 110 columns", async () => {
    const { code, stdout } = await typed(
      ...["memory", "gpt2", "--batch", "8", "--device", "10GB", "--checkpoint", "none"],
    );
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(110);
    expect(stdout).toMatch(/^gpt2: 124,439,808 parameters, adamw, mixed-fp16, batch 8, sequences of 1,024/);
    expect(stdout).toMatch(/^variance \(v\) +498 MB +exact +4Ψ/m);
    expect(stdout).toMatch(/^total +\S+ GB/m);
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /Does not fit in 10 GB: short by \S+ GB; flash attention would free \S+ GB \(--attention flash\) and make it fit\./,
    );
    expect(stdout.replace(/\s+/g, " ")).toMatch(/What would just fit, all else as it is: a batch of \d, /);
  });

  it("lists the same run under every optimizer", async () => {
    const plan = await json("784-100-10", "--precision", "fp32", "--overhead", "0B", "--optimizers");
    expect(plan).toMatchObject({
      optimizers: expect.arrayContaining([expect.objectContaining({ optimizer: "soap" })]),
    });
    const { stdout } = await typed("memory", "784-100-10", "--optimizers");
    for (const { name } of registry) expect(stdout).toMatch(new RegExp(`^${name} +\\d`, "m"));
  });

  it("understands every option", async () => {
    const plan = await json(
      ...["llama-3-8b", "-o", "muon:momentum=0.9", "--rest", "lion", "--precision", "mixed-bf16"],
      ...["--state", "8bit", "--batch", "8", "--seq", "512", "--accumulate", "4", "--checkpoint", "every=4"],
      ...[
        "--attention",
        "flash",
        "--dropout",
        "--gpus",
        "16",
        "--zero",
        "2",
        "--tensor",
        "2",
        "--pipeline",
        "2",
      ],
      ...["--sequence-parallel", "--device", "80GiB", "--fragmentation", "0.05", "--overhead", "1GB"],
    );
    expect(plan).toMatchObject({
      settings: {
        ...{ optimizer: "muon:momentum=0.9", rest: "lion", precision: "mixed-bf16", batch: 8, sequence: 512 },
        ...{ accumulate: 4, checkpoint: { kind: "every", layers: 4 }, attention: "flash", dropout: true },
        parallelism: { devices: 16, data: 4, zero: 2, tensor: 2, pipeline: 2, sequence: true },
        device: 80 * 2 ** 30,
      },
      terms: expect.arrayContaining([
        expect.objectContaining({ name: "context and libraries", bytes: 1e9, low: 1e9 }),
      ]),
      largest: { batch: expect.any(Number) },
    });
  });

  it("draws a page and a chart, and replaces nothing that is not its own", async () => {
    const [page, chart] = [join(folder, "plan.html"), join(folder, "plan.svg")];
    const words = ["memory", "gpt2", "--device", "80GB", "--checkpoint", "every=2", "--no-dropout"];
    const { code, stdout } = await typed(...words, "--out", page);
    expect({ code, last: stdout.trimEnd().split("\n").at(-1) }).toEqual({
      code: 0,
      last: `The page: ${page}`,
    });
    const html = await readFile(page, "utf8");
    expect(html).toContain(
      "npx steepest memory gpt2 --checkpoint every=2 --no-dropout --device 80000000000B",
    );
    for (const { name } of registry) expect(html).toContain(`>${name}<`);
    await typed(...words, "--out", chart);
    const svg = await readFile(chart, "utf8");
    expect(svg).toMatch(/^<svg/);
    for (const part of ["activations", "variance (v)", "80 GB of the device"]) expect(svg).toContain(part);
    await writeFile(chart, "mine");
    const refused = await typed(...words, "--out", chart);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/is no page or picture of Steepest/);
  });

  it.skipIf(!existsSync(browserPath()))("measures WebAssembly memory in a browser", async () => {
    const words = ["--measure", "nanogpt-cpu", "--optimizer", "adamw", "--browser"];
    const { rows } = (await json(...words)) as BrowserMeasurement;
    expect(rows.length).toBeGreaterThan(4);
    for (const { name, predictedBytes, measuredBytes } of rows)
      expect([name, measuredBytes]).toEqual([name, predictedBytes]);
  });

  it("says what to do without a browser", async () => {
    vi.stubEnv("STEEPEST_CHROMIUM", "/nowhere/chromium");
    const { code, stderr } = await typed("memory", "--measure", "nanogpt-cpu", "--browser");
    vi.unstubAllEnvs();
    expect(code).toBe(1);
    expect(stderr).toMatch(/no browser at \/nowhere\/chromium[\s\S]*apt-get install chromium/);
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["gtp2"], /unknown model "gtp2"\. Did you mean "gpt2"/],
    [["gpt2", "--optimizer", "adam2"], /Did you mean "adamw"|Did you mean "adam"/],
    [["gpt2", "--device", "32"], /Expected a size with its unit/],
    [["gpt2", "--checkpoint", "some"], /Expected one of none, selective, full/],
    [["gpt2", "--checkpoint", "every=0"], /Expected an integer >= 1/],
    [["gpt2", "--seq", "2048"], /longer than the context of gpt2, 1024\. Use at most 1024/],
    [["gpt2", "--params", "many"], /Expected a number of parameters/],
    [["--browser"], /--browser measures, and no workload is given/],
    [["resnet-50", "--method", "lecture"], /formula for transformers/],
    [["gpt2", "--out", "plan.pdf"], /ends in \.html, \.svg/],
  ];
  it.each(wrong)("refuses %j", async (words, message) => {
    const { code, stdout, stderr } = await typed("memory", ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("refuses a hostile config.json with an exit code of its own", async () => {
    const path = join(folder, "config.json");
    await writeFile(path, `{"model_type": "gpt2", "n_layer": 1e99}`);
    const { code, stderr } = await typed("memory", path);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not describe a model: n_layer: .*; n_head: /);
  });
});
