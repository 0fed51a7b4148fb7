import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseOptimizerSpec } from "@steepest/optim";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { decodeCheckpoint, encodeCheckpoint } from "../src/folder/checkpoint.js";
import { inspectRun, type Measurement, resumeRun, runFiles, train } from "../src/index.js";
import { collect, complete, trace, untimed } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const optimizer = parseOptimizerSpec("adam:lr=0.05");
const config = { optimizer, seed: 3, steps: 70, evaluateEvery: 1 };

/** Losses on validation and test, evaluation by evaluation. */
const losses = (measurements: readonly Measurement[]) =>
  measurements.flatMap((each) =>
    each.kind === "evaluation"
      ? [{ step: each.step, validation: each.validation.loss, test: each.test?.loss }]
      : [],
  );

describe("targets on validation and test", () => {
  const workload = toyWorkload({ harderTest: 0.25 });
  // Losses are −log of these accuracies.
  const goals = { target: Math.exp(-0.5), testTarget: Math.exp(-0.5) };

  it("end the run once both have been reached, each remembered", async () => {
    const { measurements, result } = await collect(train({ ...config, workload, ...goals }));
    if (result.outcome !== "completed") throw new Error("interrupted");
    const found = losses(measurements);
    const first = found.find(({ validation }) => validation <= 0.5);
    const last = found.find(({ test = Number.NaN }) => test <= 0.5);
    expect(last?.step).toBeGreaterThan(first?.step ?? Number.NaN);
    expect(result).toMatchObject({
      steps: last?.step,
      ended: "target",
      target: { reached: true, step: first?.step },
      testTarget: { reached: true, step: last?.step },
    });
    const hits = measurements.flatMap((each) =>
      each.kind === "evaluation" && (each.hitsTarget || each.hitsTestTarget)
        ? [[each.step, each.hitsTarget, each.hitsTestTarget]]
        : [],
    );
    expect(hits).toEqual([
      [first?.step, true, false],
      [last?.step, false, true],
    ]);
  });

  it("are both hit where the run comes to its end otherwise, or say which was missed", async () => {
    const full = await complete(train({ ...config, workload, ...goals, stopAtTarget: false }));
    expect(full).toMatchObject({
      ...{ steps: 70, ended: "steps", target: { reached: true }, testTarget: { reached: true } },
    });
    const missed = await complete(train({ ...config, workload, ...goals, testTarget: 0.99 }));
    expect(missed).toMatchObject({
      ...{ steps: 70, ended: "steps", target: { reached: true } },
      testTarget: { value: 0.99, reached: false },
    });
  });

  it.each([
    ["validation first", 0.25],
    ["test first", -0.25],
  ])("are remembered where the run was interrupted between them, %s", async (_, harderTest) => {
    const toy = toyWorkload({ harderTest });
    const whole = await trace(folder, await complete(train({ ...config, workload: toy, ...goals, folder })));
    const steps = whole.targets.map((each) => (each?.reached === true ? each.step : 0));
    const between = Math.floor(((steps[0] ?? 0) + (steps[1] ?? 0)) / 2);
    const abort = new AbortController();
    const workload = toyWorkload({ harderTest, onStep: (step) => step === between && abort.abort() });
    const begun = { ...config, workload, ...goals, folder, overwrite: true };
    const { result } = await collect(train({ ...begun, signal: abort.signal }));
    expect(result).toMatchObject({ outcome: "interrupted", step: between });
    expect(await trace(folder, await complete(resumeRun(folder, { workload: toy })))).toEqual(whole);
  });

  it("log the test split at every evaluation, and only with a target of its own", async () => {
    const columns = async () => {
      const lines = (await untimed(folder, runFiles.evaluations)).split("\n").map((line) => line.split(","));
      const at = lines[0]?.indexOf("test/loss") ?? -1;
      return lines.slice(1).map((cells) => cells[at] !== "");
    };
    await complete(train({ ...config, workload, ...goals, steps: 3, folder }));
    expect(await columns()).toEqual([true, true, true]);
    const { target } = goals;
    await complete(train({ ...config, workload, target, steps: 3, folder, overwrite: true }));
    expect(await columns()).toEqual([false, false, true]);
  });

  it("are refused on test alone, and where they cannot be reached", async () => {
    const run = (choices: object) => collect(train({ ...config, workload, ...choices, folder }));
    await expect(run({ testTarget: 0.8 })).rejects.toThrow(/test target, 0.8, is given without a validation/);
    await expect(run({ target: 0.8, testTarget: 80 })).rejects.toThrow(/test target is 80.*test accuracy/);
    expect(await inspectRun(folder)).toEqual({ kind: "absent" });
  });
});

describe("an evaluation before the first update", () => {
  const workload = () => toyWorkload({ harderTest: 0.25, easier: 0.5 });
  const first = { ...config, steps: 12, evaluateEvery: 4, checkpointEvery: 4, evaluateFirst: true };

  it("gives the loss that the run began with, over the whole split, and no other result", async () => {
    const { measurements, result } = await collect(train({ ...first, workload: workload() }));
    const later = await collect(train({ ...first, workload: workload(), evaluateFirst: false }));
    const [beginning, ...others] = losses(measurements);
    expect(beginning).toEqual({ step: 0, validation: expect.any(Number), test: undefined });
    expect(others).toEqual(losses(later.measurements));
    expect(result).toMatchObject({ initialLoss: beginning?.validation, diverged: false });
    if (result.outcome !== "completed" || later.result.outcome !== "completed")
      throw new Error("interrupted");
    expect(result.initialLoss).not.toBe(later.result.initialLoss);
    const { parametersHash, best } = later.result;
    expect(result).toMatchObject({ parametersHash, best });
  });

  it("reaches no target", async () => {
    const { measurements, result } = await collect(
      train({ ...first, workload: workload(), target: Number.MIN_VALUE }),
    );
    const hits = measurements.flatMap((each) =>
      each.kind === "evaluation" && each.hitsTarget ? [each.step] : [],
    );
    expect({ hits, result }).toMatchObject({ hits: [4], result: { steps: 4, ended: "target" } });
  });

  it("is remembered by a run that was interrupted, and made once", async () => {
    const whole = await complete(train({ ...first, workload: workload(), folder }));
    const expected = await trace(folder, whole);
    for (const at of [1, 6]) {
      const stopper = new AbortController();
      const stopping = toyWorkload({
        harderTest: 0.25,
        easier: 0.5,
        onStep: (step) => step === at && stopper.abort(),
      });
      await collect(train({ ...first, workload: stopping, folder, overwrite: true, signal: stopper.signal }));
      const resumed = await complete(resumeRun(folder, { workload: workload() }));
      expect(await trace(folder, resumed)).toEqual(expected);
    }
  });
});

describe("a workload without accuracy", () => {
  const workload = toyWorkload({ lossOnly: true });

  it("is judged by its loss, and its logs have no other column", async () => {
    const run = train({ ...config, workload, target: 0.5, folder });
    const { measurements, result } = await collect(run);
    if (result.outcome !== "completed") throw new Error("interrupted");
    const found = losses(measurements);
    const first = found.find(({ validation }) => validation <= 0.5);
    const lowest = Math.min(...found.map(({ validation }) => validation));
    expect(result).toMatchObject({
      ...{ metric: "loss", ended: "target", steps: first?.step },
      target: { value: 0.5, reached: true, step: first?.step },
      best: { loss: lowest },
    });
    expect(result.best).not.toHaveProperty("accuracy");
    for (const split of ["train", "validation", "test"] as const)
      expect(Object.keys(result[split])).toEqual(["loss", "count"]);
    expect((await untimed(folder, runFiles.evaluations)).split("\n")[0]).toBe(
      "global_step,train/loss,train/num_examples,validation/loss,validation/num_examples,test/loss,test/num_examples",
    );
    expect(await inspectRun(folder)).toMatchObject({ kind: "complete", result });
  });

  it("trains as with an accuracy, and the same where it was interrupted", async () => {
    const measured = await complete(train({ ...config, workload: toyWorkload(), evaluateEvery: 10 }));
    const whole = await complete(train({ ...config, workload, evaluateEvery: 10, folder }));
    expect(whole.parametersHash).toBe(measured.parametersHash);
    expect(whole.best).toEqual({ step: measured.best.step, loss: whole.validation.loss });
    const expected = await trace(folder, whole);
    const abort = new AbortController();
    const stopping = toyWorkload({ lossOnly: true, onStep: (step) => step === 33 && abort.abort() });
    const begun = { ...config, workload: stopping, evaluateEvery: 10, folder, overwrite: true };
    await collect(train({ ...begun, signal: abort.signal }));
    expect(await trace(folder, await complete(resumeRun(folder, { workload })))).toEqual(expected);
  });

  it("has a target that is any loss, and no accuracy", async () => {
    expect(await complete(train({ ...config, workload, target: -1, steps: 2 }))).toMatchObject({
      target: { value: -1, reached: false },
    });
    await expect(collect(train({ ...config, workload, target: Number.NaN }))).rejects.toThrow(
      /target is NaN.*validation loss/,
    );
    const mistaken = { ...workload, target: toyWorkload().target };
    await expect(collect(train({ ...config, workload: mistaken }))).rejects.toThrow(
      /target of toy is in accuracy, but its evaluations measure loss/,
    );
  });
});

describe("a folder of before there were other metrics, methods and budgets", () => {
  const workload = toyWorkload();
  /** Takes from a JSON file what it did not hold in those days. */
  const aged = async (file: string, keys: readonly string[]) => {
    const path = join(folder, file);
    const held: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
    for (const key of keys) {
      expect(held).toHaveProperty(key);
      delete held[key];
    }
    await writeFile(path, JSON.stringify(held));
  };

  it("still holds a complete run", async () => {
    const result = await complete(train({ ...config, workload, folder }));
    await aged(runFiles.configuration, ["metric", "optimizerKind"]);
    await aged(runFiles.result, ["metric", "ended"]);
    const { ended: _, ...old } = result;
    expect(await inspectRun(folder)).toMatchObject({ kind: "complete", result: old });
  });

  it.each([
    ["its steps", {}],
    ["its target", { target: 0.5 }],
  ])("still knows from its last checkpoint that it was over, by %s", async (_, choices) => {
    const whole = await complete(train({ ...config, workload, ...choices, folder }));
    const path = join(folder, runFiles.checkpoint);
    const held = decodeCheckpoint(await readFile(path), path);
    const { ended, evaluated, ...progress } = held.progress;
    expect([ended, evaluated]).not.toContain(undefined);
    await writeFile(path, encodeCheckpoint({ ...held, progress }));
    await rm(join(folder, runFiles.result));
    expect(await complete(resumeRun(folder, { workload }))).toEqual(whole);
  });

  it("can still be resumed", async () => {
    const whole = await complete(train({ ...config, workload, folder }));
    const abort = new AbortController();
    const stopping = toyWorkload({ onStep: (step) => step === 20 && abort.abort() });
    await collect(train({ ...config, workload: stopping, folder, overwrite: true, signal: abort.signal }));
    await aged(runFiles.configuration, ["metric", "optimizerKind"]);
    const resumed = await complete(resumeRun(folder, { workload, expect: { optimizer, seed: 3 } }));
    expect(resumed.parametersHash).toBe(whole.parametersHash);
  });
});
