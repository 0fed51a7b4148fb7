import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { residentMemory } from "@steepest/memory";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { readPeakMemory } from "./peakMemory.js";
import { runTrial } from "./trial.js";

let root = "";
beforeEach(
  temporaryFolder((path) => {
    root = path;
  }),
);

const forgets = existsSync("/proc/self/clear_refs");
if (!forgets) process.stderr.write("skipped: the peak memory of one trial of several (needs Linux)\n");

describe("the peak memory of a trial", () => {
  it.skipIf(!forgets)("is what its process holds meanwhile, and not what it held before", async () => {
    const bytes = 400 * 2 ** 20;
    // A thread gives its memory back when it ends; touched, it is physical.
    await once(new Worker(`new Uint8Array(${bytes}).fill(1)`, { eval: true }), "exit");
    const before = residentMemory();
    expect(before.peakBytes).toBeGreaterThan(before.bytes + bytes / 2);
    const folder = join(root, "trial");
    const trial = {
      ...{ workload: "least-squares", optimizer: "adam:lr=0.001", batchSize: 16, steps: 2 },
      ...{ seed: 0, target: 1e-9, evaluateEvery: 2 },
    };
    for await (const _ of runTrial(folder, trial));
    const peak = await readPeakMemory(folder);
    expect(peak).toBeGreaterThan(before.bytes / 2);
    expect(peak).toBeLessThan(before.peakBytes - bytes / 4);
  });
});
