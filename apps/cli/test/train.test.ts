import { existsSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "./run.js";
import { typed } from "./typed.js";
import { workingFolder } from "./workingFolder.js";

// What is not about processes runs in this one, in the folder that the processes run in.
let folder = "";
beforeAll(
  workingFolder((path) => {
    folder = path;
  }),
);

const command = (out: string, ...more: readonly string[]) => [
  ...["train", "fashion-mnist", "--optimizer", "adam", "--lr", "0.001", "--batch", "64", "--steps", "1000"],
  ...["--seed", "5", "--evaluate-every", "300", "--checkpoint-every", "40", "--out", out, "--json", ...more],
];

/** Everything of a JSON result but its times and its folder. */
function untimed(stdout: string): unknown {
  expect(stdout.trim().split("\n")).toHaveLength(1);
  const { seconds, cpuSeconds, folder: _, ...rest } = JSON.parse(stdout);
  expect(seconds).toBeGreaterThan(0);
  expect(cpuSeconds).toBeGreaterThan(0);
  return rest;
}

/** The rows of a run's evaluations without the columns that time decides. */
async function evaluations(out: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, out, "eval_measurements.csv"), "utf8");
  return text.split("\n").map((row) =>
    row
      .split(",")
      .filter((_, index) => index === 0 || index > 6)
      .join(),
  );
}

async function exists(path: string): Promise<void> {
  while (!existsSync(path)) await wait(5);
}

describe("steepest train", () => {
  let whole: unknown;
  beforeAll(async () => {
    const { code, stdout, stderr } = await typed(...command("whole"));
    expect(stderr).toContain("step 300");
    expect(code).toBe(0);
    whole = untimed(stdout);
  });

  it("prints one JSON object with what it trained and how well", () => {
    expect(whole).toMatchObject({
      outcome: "completed",
      workload: "fashion-mnist",
      optimizer: "adam:lr=0.001",
      parameters: 79510,
      steps: 1000,
      seed: 5,
      train: { count: 50000 },
      validation: { count: 10000 },
      test: { count: 10000 },
      parametersHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("gives the same bits again", async () => {
    expect(untimed((await typed(...command("again"))).stdout)).toEqual(whole);
  });

  it("gives the same bits after kill -9 at any moments", async () => {
    const first = start(command("killed"), folder);
    await exists(join(folder, "killed", "checkpoint.safetensors"));
    first.child.kill("SIGKILL");
    await first.finished;
    for (const delay of [3, 17, 40]) {
      const next = start(["train", "--resume", "killed"], folder);
      next.child.stderr?.once("data", () => setTimeout(() => next.child.kill("SIGKILL"), delay));
      await next.finished;
    }
    const { code, stdout } = await typed("train", "--resume", "killed", "--json");
    expect(code).toBe(0);
    expect(untimed(stdout)).toEqual(whole);
    expect(await evaluations("killed")).toEqual(await evaluations("whole"));
  });

  it.skipIf(process.platform === "win32")("saves on Ctrl-C, says how to go on, and goes on", async () => {
    const run = start([...command("stopped"), "--checkpoint-every", "27"], folder);
    await exists(join(folder, "stopped", "checkpoint.safetensors"));
    run.child.kill("SIGINT");
    const { code, stdout, stderr } = await run.finished;
    expect(stderr).toContain("steepest train --resume stopped");
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "interrupted", steps: 1000 });
    expect(code).toBe(130);
    const resumed = await typed(
      ...["train", "fashion-mnist", "--lr", "0.001", "-o", "adam", "--resume", "stopped", "--json"],
    );
    expect(untimed(resumed.stdout)).toEqual(whole);
  });

  it("gives a complete run's result again, and a summary to readers", async () => {
    const { code, stdout } = await typed("train", "--resume", "whole");
    expect(code).toBe(0);
    expect(stdout).toMatch(/79,510 parameters, 1,000 steps/);
    expect(stdout).toMatch(/^test +\S+ +\d\d\.\d\d%$/m);
  });

  it("takes a new folder for every run, and none that is taken", async () => {
    const args = ["train", "least-squares", "--steps", "2", "--json"];
    const folders = [];
    for (let run = 0; run < 2; run++) folders.push(JSON.parse((await typed(...args)).stdout).folder);
    expect(folders).toEqual(
      ["least-squares-adam-steps2-seed0", "least-squares-adam-steps2-seed0-2"].map((name) =>
        join("runs", name),
      ),
    );
    const taken = await typed(...args, "--out", "whole");
    expect(taken.stderr).toMatch(/"whole" holds a complete run of 1,000 steps\. Replace it with --force/);
    expect(taken.code).toBe(2);
    const forced = await typed(...args, "--out", folders[0], "--force");
    expect(forced.code).toBe(0);
  });

  it("tells a missed target by its exit code", async () => {
    const missed = await typed("train", "fashion-mnist", "--steps", "2", "--target", "0.99", "--json");
    expect(JSON.parse(missed.stdout).target).toEqual({ value: 0.99, reached: false });
    expect(missed.code).toBe(3);
    const reached = await typed(
      "train",
      "fashion-mnist",
      "--steps",
      "200",
      "--target",
      "0.3",
      "--evaluate-every",
      "20",
    );
    expect(reached.stdout).toMatch(/30\.00% reached at step \d+ after/);
    expect(reached.code).toBe(0);
  });

  it("judges a workload without accuracy by its loss, on validation and on test", async () => {
    const args = ["train", "least-squares", "--steps", "300", "--evaluate-every", "20", "--target", "0.1"];
    const reached = await typed(...args, "--test-target", "0.1");
    expect(reached.stderr).toMatch(/^step 20 {2}validation loss \S+ {2}[^%]+$/m);
    expect(reached.stdout).toMatch(/^target +validation loss 0\.1 reached at step \d+ after/m);
    expect(reached.stdout).toMatch(/^test target test loss 0\.1 reached at step \d+ after/m);
    expect(reached.stdout).not.toContain("accuracy");
    expect(reached.code).toBe(0);
    const missed = await typed(...args, "--test-target", "1e-9", "--cpu-seconds", "1e-6", "--json");
    expect(JSON.parse(missed.stdout)).toMatchObject({
      ...{ metric: "loss", steps: 1, ended: "budget" },
      testTarget: { value: 1e-9, reached: false },
    });
    expect(missed.code).toBe(3);
  });

  it("tells a run that ended above the loss that it began with", async () => {
    const args = ["train", "fashion-mnist", "-o", "gd:lr=100", "--steps", "3"];
    const told = await typed(...args);
    expect(told.stdout).toMatch(
      /^diverged +the training loss ended at \S+, above the \S+ that it began with/m,
    );
    expect(told.code).toBe(0);
    const missed = await typed(...args, "--target", "0.99", "--json");
    expect(JSON.parse(missed.stdout)).toMatchObject({ outcome: "completed", diverged: true });
    expect(missed.code).toBe(3);
  });

  it("tells what a matrix method will cost, and how to spend less", async () => {
    const { stderr, stdout } = await typed(
      "train",
      "fashion-mnist",
      "-o",
      "shampoo",
      "--steps",
      "1",
      "--json",
    );
    expect(stderr).toContain("distributed-shampoo:frequency=10,blockSize=128");
    expect(JSON.parse(stdout)).toMatchObject({ diverged: false });
  });

  it("refuses other choices than the run was started with, and a folder in use, as wrong calls", async () => {
    for (const option of [
      ["--steps", "5"],
      ["--lr", "5"],
      ["--batch", "5"],
    ]) {
      const { code } = await typed("train", "--resume", "whole", ...option);
      expect([option, code]).toEqual([option, 2]);
    }
    const first = start(
      ["train", "fashion-mnist", "--steps", "200000", "--checkpoint-every", "40", "--out", "busy"],
      folder,
    );
    await exists(join(folder, "busy", "checkpoint.safetensors"));
    // Each waits for the other process a while.
    const refused = [["train", "--resume", "busy"], command("busy", "--force")].map((args) => typed(...args));
    for (const { code, stderr } of await Promise.all(refused)) {
      expect(stderr).toMatch(new RegExp(`"busy" is in use by process ${first.child.pid}.*kill`));
      expect(code).toBe(2);
    }
    first.child.kill("SIGKILL");
    await first.finished;
  });

  it.skipIf(process.platform === "win32")(
    "says what is kept when it is stopped before the first step",
    async () => {
      const run = start(["train", "fashion-mnist", "--steps", "5000", "--out", "early"], folder);
      await exists(join(folder, "early", ".steepest.lock"));
      run.child.kill("SIGINT");
      const { code, stderr } = await run.finished;
      expect(code).toBe(130);
      const step = Number(/after step (\d+)/.exec(stderr)?.[1] ?? 0);
      expect(stderr).toContain(
        step === 0 ? "before the first step; only the choices" : "everything is saved",
      );
      expect(existsSync(join(folder, "early", "checkpoint.safetensors"))).toBe(step > 0);
    },
  );

  it("names a damaged checkpoint", async () => {
    await cp(join(folder, "whole"), join(folder, "damaged"), { recursive: true });
    await rm(join(folder, "damaged", "result.json"));
    const path = join(folder, "damaged", "checkpoint.safetensors");
    await writeFile(path, (await readFile(path)).subarray(0, 5000));
    const { code, stderr } = await typed("train", "--resume", "damaged");
    expect(stderr).toMatch(/^steepest: the checkpoint .*checkpoint\.safetensors is damaged/m);
    expect(code).toBe(1);
  });
});
