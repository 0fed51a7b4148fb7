import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "./run.js";
import { typed } from "./typed.js";
import { workingFolder } from "./workingFolder.js";

let folder = "";
beforeAll(
  workingFolder((path) => {
    folder = path;
  }),
);

/** Matrix optimizers whose steps take time: they run in ONNX Runtime, their roots in WebAssembly. */
const optimizers = ["muon:lr=0.02", "distributed-shampoo:lr=0.001,blockSize=128,frequency=10,grafting=adam"];

describe.each(optimizers)("steepest train with %s", (optimizer) => {
  const name = optimizer.slice(0, optimizer.indexOf(":"));
  const command = (out: string) => [
    ...["train", "fashion-mnist", "--optimizer", optimizer, "--batch", "64", "--steps", "120", "--seed", "5"],
    ...["--checkpoint-every", "25", "--out", `${name}-${out}`, "--json"],
  ];
  const result = (stdout: string) => {
    const { parametersHash, validation } = JSON.parse(stdout);
    return { parametersHash, validation };
  };
  let whole: ReturnType<typeof result>;
  beforeAll(async () => {
    const { code, stdout, stderr } = await typed(...command("whole"));
    expect(stderr).toContain("step 120");
    expect(code).toBe(0);
    whole = result(stdout);
  });

  it("learns", () => {
    expect(whole.validation.accuracy).toBeGreaterThan(0.7);
  });

  it("gives the same bits again", async () => {
    expect(result((await typed(...command("again"))).stdout)).toEqual(whole);
  });

  it("gives the same bits after kill -9", async () => {
    const first = start(command("killed"), folder);
    while (!existsSync(join(folder, `${name}-killed`, "checkpoint.safetensors"))) await wait(5);
    first.child.kill("SIGKILL");
    await first.finished;
    const { code, stdout } = await typed("train", "--resume", `${name}-killed`, "--json");
    expect(code).toBe(0);
    expect(result(stdout)).toEqual(whole);
  });
});
