import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseOptimizerSpec, SteepestError } from "@steepest/optim";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { resumeRun, runFiles, type TrainConfig, train } from "../src/index.js";
import { collect, complete, trace } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const adam = parseOptimizerSpec("adam:lr=0.05");
const config = { workload: toyWorkload(), optimizer: adam, seed: 3, steps: 70, evaluateEvery: 15 };

describe("resume", () => {
  it("gives the same bits, results and logs wherever the run was interrupted", async () => {
    const target = {
      target: 0.9,
      evaluateEvery: 7,
      checkpointEvery: 11,
      reportEvery: 4,
      stopAtTarget: false,
    };
    const whole = await trace(folder, await complete(train({ ...config, ...target, folder })));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 69 }), { maxLength: 3 }), async (stops) => {
        const stop = (index: number) => {
          const abort = new AbortController();
          const onStep = (step: number) => {
            if (step === stops[index]) abort.abort();
          };
          return { signal: abort.signal, workload: toyWorkload({ onStep }) };
        };
        stops.sort((a, b) => a - b);
        let { result } = await collect(train({ ...config, ...target, folder, overwrite: true, ...stop(0) }));
        for (let index = 1; result.outcome === "interrupted"; index++)
          ({ result } = await collect(resumeRun(folder, stop(index))));
        expect(await trace(folder, result)).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it("gives the same bits after a crash at any step, which leaves logs beyond the checkpoint", async () => {
    const periods = { evaluateEvery: 6, checkpointEvery: 16, reportEvery: 5 };
    const whole = await trace(folder, await complete(train({ ...config, ...periods, folder })));
    for (const crash of [1, 15, 16, 17, 43, 70]) {
      const onStep = (step: number) => {
        if (step === crash) throw new Error("the machine is gone");
      };
      const run = train({
        ...config,
        ...periods,
        workload: toyWorkload({ onStep }),
        folder,
        overwrite: true,
      });
      await expect(collect(run)).rejects.toThrow("the machine is gone");
      const { result } = await collect(resumeRun(folder, { workload: toyWorkload() }));
      if (result.outcome !== "completed") throw new Error("interrupted");
      expect(await trace(folder, result)).toEqual(whole);
    }
  });

  it("says that it starts again where the checkpoint is gone", async () => {
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 20 && abort.abort() });
    await collect(train({ ...config, workload, folder, signal: abort.signal }));
    await rm(join(folder, runFiles.checkpoint));
    const { measurements, result } = await collect(resumeRun(folder, { workload: toyWorkload() }));
    expect(measurements[0]).toEqual({
      kind: "notice",
      message: expect.stringMatching(/no checkpoint in .* step 0/),
    });
    if (result.outcome !== "completed") throw new Error("interrupted");
    expect(result.parametersHash).toBe((await complete(train(config))).parametersHash);
  });

  it("never shares a folder with another run", async () => {
    const run = train({ ...config, folder });
    await run.next();
    // Each waits for the run a while.
    await Promise.all([
      expect(collect(resumeRun(folder, { workload: toyWorkload() }))).rejects.toThrow(
        /in use by process \d+/,
      ),
      expect(collect(train({ ...config, folder, overwrite: true }))).rejects.toThrow(/in use by process/),
    ]);
    await run.return({ outcome: "interrupted", step: 0, steps: 0 });
    expect((await complete(resumeRun(folder, { workload: toyWorkload() }))).steps).toBe(70);
  });

  it("finishes a run that was killed between its last checkpoint and its result", async () => {
    const whole = await complete(train({ ...config, folder }));
    await rm(join(folder, runFiles.result));
    expect(await complete(resumeRun(folder, { workload: toyWorkload() }))).toEqual(whole);
  });

  it("gives the result of a complete run again", async () => {
    const whole = await complete(train({ ...config, folder }));
    expect(await complete(resumeRun(folder, { workload: toyWorkload() }))).toEqual(whole);
  });

  it("stops at once where the signal came first, with nothing lost", async () => {
    const { result } = await collect(train({ ...config, folder, signal: AbortSignal.abort() }));
    expect(result).toEqual({ outcome: "interrupted", step: 0, steps: 70, folder });
    expect((await complete(resumeRun(folder, { workload: toyWorkload() }))).parametersHash).toBe(
      (await complete(train(config))).parametersHash,
    );
  });

  describe("refuses", () => {
    const interrupted = async () => {
      const abort = new AbortController();
      const workload = toyWorkload({ onStep: (step) => step === 20 && abort.abort() });
      await collect(train({ ...config, workload, folder, signal: abort.signal }));
    };
    const resumed = (expected: Partial<TrainConfig> = {}, workload = toyWorkload()) =>
      collect(resumeRun(folder, { workload, expect: expected }));

    it("a folder without a run", async () => {
      await expect(resumed()).rejects.toThrow(/there is no run in "/);
    });

    it("choices other than those of the start, and takes the same", async () => {
      await interrupted();
      await expect(resumed({ seed: 4, batchSize: 20 })).rejects.toThrow(
        /started with batchSize 10, not 20; seed 3, not 4/,
      );
      await expect(resumed({ target: 0.5 })).rejects.toThrow(/target none, not 0.5/);
      await expect(resumed({ optimizer: parseOptimizerSpec("sgd") })).rejects.toThrow(
        /optimizer "adam:lr=0.05", not/,
      );
      await expect(resumed({ workload: "fashion-mnist" })).rejects.toThrow(/workload toy, not fashion-mnist/);
      const { result } = await resumed({ workload: "toy", steps: 70, optimizer: adam, seed: 3 });
      expect(result.outcome).toBe("completed");
    });

    it("other data", async () => {
      await interrupted();
      await expect(resumed({}, toyWorkload({ procedural: true }))).rejects.toThrow(
        /started on toy, exact, but the data found now are procedural toy/,
      );
    });

    it("a checkpoint that is truncated, altered or no checkpoint", async () => {
      await interrupted();
      const path = join(folder, runFiles.checkpoint);
      const whole = await readFile(path);
      for (const length of [0, 5, 200, whole.length - 1]) {
        await writeFile(path, whole.subarray(0, length));
        await expect(resumed()).rejects.toThrow(/the checkpoint .* is damaged/);
      }
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
          const altered = Buffer.from(whole);
          altered[at] = (altered[at] ?? 0) ^ flip;
          await writeFile(path, altered);
          await expect(resumed()).rejects.toThrow(SteepestError);
        }),
        { numRuns: 50 },
      );
    });

    it("a run.json that is damaged or belongs to another run", async () => {
      await interrupted();
      const path = join(folder, runFiles.configuration);
      const text = await readFile(path, "utf8");
      await writeFile(path, text.replace('"seed": 3', '"seed": 5'));
      await expect(resumed()).rejects.toThrow(/another configuration/);
      await writeFile(path, text.replace('"seed": 3', '"seed": "three"'));
      await expect(resumed()).rejects.toThrow(/run.json is damaged: its "seed" is wrong .*number/);
      await writeFile(path, text.replace(/"seed": 3,/, ""));
      await expect(resumed()).rejects.toThrow(/run.json is damaged: it lacks "seed"/);
      await writeFile(path, text.replace('"version": 1', '"version": 7'));
      await expect(resumed()).rejects.toThrow(/run.json was written by another version of Steepest/);
      await writeFile(path, text.slice(0, 40));
      await expect(resumed()).rejects.toThrow(/run.json is damaged: it is not JSON/);
    });

    it("a result.json without its fields", async () => {
      await interrupted();
      await writeFile(join(folder, runFiles.result), "{}");
      await expect(resumed()).rejects.toThrow(/result.json is damaged: it lacks "outcome"\. Restore/);
    });

    it("logs that lost rows", async () => {
      await interrupted();
      await writeFile(join(folder, runFiles.measurements), "global_step\n");
      await expect(resumed()).rejects.toThrow(/measurements.csv has 12 bytes where the checkpoint knows/);
    });
  });
});
