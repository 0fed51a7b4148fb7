import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptimizerSpec, SteepestError } from "@steepest/optim";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CompletedRun, inspectRun, resumeRun, runFiles, type TrainConfig, train } from "../src/index.js";
import { collect, complete } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "steepest-train-"));
});
afterEach(() => rm(folder, { recursive: true }));

const adam = parseOptimizerSpec("adam:lr=0.05");
const config = { workload: toyWorkload(), optimizer: adam, seed: 3, steps: 70, evaluateEvery: 15 };

/** A log without the columns that time decides. */
async function untimed(file: string): Promise<string> {
  const lines = (await readFile(join(folder, file), "utf8")).trimEnd().split("\n");
  const timed = new Set(
    lines[0]?.split(",").flatMap((column, index) => (/time|duration|score/.test(column) ? [index] : [])),
  );
  return lines
    .map((line) =>
      line
        .split(",")
        .filter((_, index) => !timed.has(index))
        .join(),
    )
    .join("\n");
}

/** Everything of a run but its times. */
async function trace(result: CompletedRun) {
  const { seconds, cpuSeconds, target, ...rest } = result;
  const reached = target?.reached === true ? { ...target, seconds: 0, cpuSeconds: 0 } : target;
  return {
    ...rest,
    target: reached,
    measurements: await untimed(runFiles.measurements),
    evaluations: await untimed(runFiles.evaluations),
  };
}

describe("train", () => {
  it("reports, evaluates and saves at its periods and at the end", async () => {
    const { measurements, result } = await collect(train({ ...config, folder, checkpointEvery: 30 }));
    const steps = (kind: Measurement["kind"]) =>
      measurements.flatMap((measurement) =>
        measurement.kind === kind && "step" in measurement ? [measurement.step] : [],
      );
    expect(steps("start")).toEqual([0]);
    expect(steps("step")).toEqual([10, 20, 30, 40, 50, 60, 70]);
    expect(steps("evaluation")).toEqual([15, 30, 45, 60, 70]);
    expect(steps("checkpoint")).toEqual([30, 60, 70]);
    expect(result).toMatchObject({
      outcome: "completed",
      workload: "toy",
      optimizer: "adam:lr=0.05",
      parameters: 18,
      batchSize: 10,
      steps: 70,
      seed: 3,
      dataSource: "toy, exact",
    });
    expect(await inspectRun(folder)).toMatchObject({ kind: "complete", result });
    expect((await untimed(runFiles.evaluations)).split("\n")[0]).toBe(
      "global_step,train/loss,train/accuracy,train/num_examples,validation/loss,validation/accuracy,validation/num_examples,test/loss,test/accuracy,test/num_examples",
    );
  });

  it("takes its defaults from the workload and evaluates once an epoch", async () => {
    const { measurements, result } = await collect(train({ workload: toyWorkload(), optimizer: adam }));
    expect(result).toMatchObject({ steps: 80, batchSize: 10, seed: 0, threads: 1 });
    expect(measurements.filter(({ kind }) => kind === "evaluation")).toHaveLength(4);
  });

  it("reports the mean loss since the last report", async () => {
    const { measurements } = await collect(train({ ...config, steps: 7, reportEvery: 4 }));
    const single = await collect(train({ ...config, steps: 7, reportEvery: 1 }));
    const losses = single.measurements.flatMap((each) => (each.kind === "step" ? [each.loss] : []));
    const mean = (part: readonly number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(measurements.flatMap((each) => (each.kind === "step" ? [each.loss] : []))).toEqual([
      mean(losses.slice(0, 4)),
      mean(losses.slice(4)),
    ]);
  });

  it("depends on the seed, and on nothing else", async () => {
    const hash = async (choices: Partial<TrainConfig>) =>
      (await complete(train({ ...config, ...choices }))).parametersHash;
    const first = await hash({});
    expect(await hash({})).toBe(first);
    expect(await hash({ reportEvery: 3, evaluateEvery: 4, checkpointEvery: 5 })).toBe(first);
    expect(await hash({ seed: 4 })).not.toBe(first);
  });

  it("applies schedule and clipping", async () => {
    const hash = async (choices: Partial<TrainConfig>) =>
      (await complete(train({ ...config, ...choices }))).parametersHash;
    const plain = await hash({});
    expect(await hash({ schedule: "constant" })).toBe(plain);
    expect(await hash({ schedule: "cosine:steps=70" })).not.toBe(plain);
    expect(await hash({ clip: { value: 0.01 } })).not.toBe(plain);
  });

  it("ends at the target and notes when it was first reached", async () => {
    const stopped = await complete(train({ ...config, target: 0.5, evaluateEvery: 1 }));
    expect(stopped.target).toMatchObject({ value: 0.5, reached: true, step: stopped.steps });
    expect(stopped.steps).toBeLessThan(70);
    expect(stopped.validation.accuracy).toBeGreaterThanOrEqual(0.5);

    const full = await complete(train({ ...config, target: 0.5, evaluateEvery: 1, stopAtTarget: false }));
    expect(full.steps).toBe(70);
    expect(full.target).toMatchObject({ reached: true, step: stopped.steps });

    const missed = await complete(train({ ...config, target: 1, steps: 5 }));
    expect(missed.target).toEqual({ value: 1, reached: false });
  });

  it("passes on what the workload has to say", async () => {
    const { measurements } = await collect(train({ ...config, workload: toyWorkload({ procedural: true }) }));
    expect(measurements[0]).toEqual({ kind: "notice", message: "these are not the real data" });
  });

  it("does not overwrite a run unless it may", async () => {
    const first = await complete(train({ ...config, folder }));
    await expect(collect(train({ ...config, folder }))).rejects.toThrow(/holds a run already/);
    const second = await complete(train({ ...config, folder, overwrite: true }));
    expect(second.parametersHash).toBe(first.parametersHash);
  });

  it.each<[string, Partial<TrainConfig>, RegExp]>([
    ["negative learning rate", { learningRate: -1, optimizer: parseOptimizerSpec("adam") }, /lr.*-1/],
    ["two learning rates", { learningRate: 0.1 }, /given twice: 0.05 with adam, and 0.1/],
    ["batch 0", { batchSize: 0 }, /batch size is 0.*integer >= 1/],
    ["too many threads", { threads: 100_000 }, /number of threads is 100000.*1 to 256/],
    ["a batch larger than the data", { batchSize: 206 }, /206 exceeds the 205 training examples/],
    ["steps 0", { steps: 0 }, /number of steps is 0/],
    ["steps and epochs", { epochs: 1 }, /given twice: steps 70 and epochs 1/],
    ["no epochs", { steps: undefined, epochs: 0 } as never, /number of epochs is 0/],
    ["a seed that is no integer", { seed: 1.5 }, /seed is 1.5/],
    ["an impossible target", { target: 88 }, /target is 88/],
    ["an unknown schedule", { schedule: "cosin:steps=5" }, /Did you mean "cosine"/],
    ["an unknown workload", { workload: "fashion-mnst" }, /Did you mean "fashion-mnist"/],
  ])("refuses %s before it writes anything", async (_, choices, message) => {
    const run = train({ ...config, ...choices, folder });
    await expect(collect(run)).rejects.toThrow(SteepestError);
    await expect(collect(train({ ...config, ...choices, folder }))).rejects.toThrow(message);
    expect(await inspectRun(folder)).toEqual({ kind: "absent" });
  });
});

describe("divergence", () => {
  it("names the step and keeps the last good checkpoint", async () => {
    const run = train({ ...config, workload: toyWorkload({ nanAt: 37 }), checkpointEvery: 5, folder });
    await expect(collect(run)).rejects.toThrow(
      /the loss is NaN at step 37.*lower the learning rate.*checkpoint, of step 35, is kept in/i,
    );
    expect(await inspectRun(folder)).toMatchObject({
      kind: "partial",
      checkpoint: { progress: { step: 35 } },
    });
    const mended = await complete(resumeRun(folder, { workload: toyWorkload() }));
    expect(mended.parametersHash).toBe((await complete(train(config))).parametersHash);
  });

  it("never saves parameters that are not finite", async () => {
    const optimizer = parseOptimizerSpec("sgd:lr=1e30");
    const run = train({ ...config, optimizer, steps: 2, checkpointEvery: 1, evaluateEvery: 9, folder });
    await expect(collect(run)).rejects.toThrow(SteepestError);
    const status = await inspectRun(folder);
    if (status.kind !== "partial") throw new Error(status.kind);
    for (const { data } of status.checkpoint?.parameters.values() ?? [])
      for (const value of data) expect(Number.isFinite(Number(value))).toBe(true);
  });
});

describe("an optimizer that averages weights", () => {
  const averaging = parseOptimizerSpec("weight-ema:base=sgd,lr=0.05,averageDecay=0.9");
  const loss = (weights: Iterable<{ readonly data: ArrayLike<number | bigint> }>): number => {
    let sum = 0;
    for (const { data } of weights) for (const value of Array.from(data)) sum += (Number(value) - 1) ** 2 / 2;
    return sum;
  };

  it("is evaluated at the average, and trains as without it", async () => {
    const plain = await complete(train({ ...config, optimizer: parseOptimizerSpec("sgd:lr=0.05") }));
    const found = await complete(train({ ...config, optimizer: averaging }));
    expect(found.parametersHash).toBe(plain.parametersHash);
    // The average lags behind on the way down.
    expect(found.validation.loss).toBeGreaterThan(1.5 * plain.validation.loss);
  });

  it("keeps both in its checkpoints", async () => {
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 30 && abort.abort() });
    const run = train({ ...config, workload, optimizer: averaging, folder, signal: abort.signal });
    const { measurements } = await collect(run);
    const status = await inspectRun(folder);
    if (status.kind !== "partial" || status.checkpoint === undefined) throw new Error(status.kind);
    const { parameters, evaluation } = status.checkpoint;
    expect([...evaluation.keys()]).toEqual([...parameters.keys()]);
    const evaluated = measurements.flatMap((each) =>
      each.kind === "evaluation" && each.step === 30 ? [each.validation.loss] : [],
    );
    expect(evaluated).toEqual([loss(evaluation.values())]);
    expect(loss(parameters.values())).toBeLessThan(loss(evaluation.values()));
  });

  it.each(["weight-ema:base=adam", "lawa-queue:base=sgd,lr=0.05,averageStart=5,averagePeriod=3", "diloco"])(
    "%s gives the same bits and results where it was interrupted",
    async (text) => {
      const optimizer = parseOptimizerSpec(text);
      const whole = await trace(await complete(train({ ...config, optimizer, folder })));
      const abort = new AbortController();
      const workload = toyWorkload({ onStep: (step) => step === 41 && abort.abort() });
      const interrupted = { ...config, workload, optimizer, folder, overwrite: true, signal: abort.signal };
      await collect(train(interrupted));
      const resumed = await complete(resumeRun(folder, { workload: toyWorkload() }));
      expect(await trace(resumed)).toEqual(whole);
    },
  );
});

describe("resume", () => {
  it("gives the same bits, results and logs wherever the run was interrupted", async () => {
    const target = {
      target: 0.9,
      evaluateEvery: 7,
      checkpointEvery: 11,
      reportEvery: 4,
      stopAtTarget: false,
    };
    const whole = await trace(await complete(train({ ...config, ...target, folder })));
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
        expect(await trace(result)).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it("gives the same bits after a crash at any step, which leaves logs beyond the checkpoint", async () => {
    const periods = { evaluateEvery: 6, checkpointEvery: 16, reportEvery: 5 };
    const whole = await trace(await complete(train({ ...config, ...periods, folder })));
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
      expect(await trace(result)).toEqual(whole);
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
    await expect(collect(resumeRun(folder, { workload: toyWorkload() }))).rejects.toThrow(
      /in use by process \d+/,
    );
    await expect(collect(train({ ...config, folder, overwrite: true }))).rejects.toThrow(/in use by process/);
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
