import { parseOptimizerSpec } from "@steepest/optim";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { resumeRun, train } from "../src/index.js";
import { collect, complete, trace } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const config = { workload: toyWorkload(), seed: 3, steps: 40, evaluateEvery: 10, checkpointEvery: 10 };

describe("warm-up", () => {
  it.each([
    "adam:lr=0.05",
    "momentum:lr=0.05",
    "schedule-free-adamw:lr=0.05",
    "prodigy",
    "radam:lr=0.05",
    "muon:lr=0.05",
    "soap:lr=0.05,frequency=2",
    "lbfgs",
  ])("leaves no trace in a run of %s", async (text) => {
    const optimizer = parseOptimizerSpec(text);
    const plain = await trace(folder, await complete(train({ ...config, optimizer, folder })));
    const warm = { ...config, optimizer, warmUpSteps: 7, folder, overwrite: true };
    expect(await trace(folder, await complete(train(warm)))).toEqual(plain);
  });

  it("uses mini-batches that the run never sees", async () => {
    const seen: number[] = [];
    const workload = toyWorkload({ onStep: (step) => seen.push(step) });
    const optimizer = parseOptimizerSpec("adam:lr=0.05");
    await complete(train({ ...config, workload, optimizer, warmUpSteps: 3 }));
    expect(seen.slice(0, 3)).toEqual([41, 42, 43]);
    expect(seen.slice(3, 43)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("is made again by a run that is resumed, with the same bits", async () => {
    const optimizer = parseOptimizerSpec("schedule-free-adamw:lr=0.05");
    const whole = await trace(
      folder,
      await complete(train({ ...config, optimizer, warmUpSteps: 2, folder })),
    );
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => void (step === 17 && abort.abort()) });
    const stopped = { ...config, optimizer, workload, warmUpSteps: 2, folder, overwrite: true };
    expect((await collect(train({ ...stopped, signal: abort.signal }))).result.outcome).toBe("interrupted");
    expect(await trace(folder, await complete(resumeRun(folder, { workload: toyWorkload() })))).toEqual(
      whole,
    );
  });

  it("refuses a number of steps that is none", async () => {
    const optimizer = parseOptimizerSpec("adam:lr=0.05");
    await expect(complete(train({ ...config, optimizer, warmUpSteps: 0 }))).rejects.toMatchObject({
      code: "invalid-value",
    });
  });
});
