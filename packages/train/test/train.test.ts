import { parseOptimizerSpec, SteepestError } from "@steepest/optim";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { inspectRun, type Measurement, resumeRun, runFiles, type TrainConfig, train } from "../src/index.js";
import { collect, complete, trace, untimed } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const adam = parseOptimizerSpec("adam:lr=0.05");
const config = { workload: toyWorkload(), optimizer: adam, seed: 3, steps: 70, evaluateEvery: 15 };

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
    expect((await untimed(folder, runFiles.evaluations)).split("\n")[0]).toBe(
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

  it("says that an optimizer gets no estimates of the Hessian, before it starts", async () => {
    const optimizer = parseOptimizerSpec("sophia");
    const { measurements } = await collect(train({ ...config, optimizer, steps: 2 }));
    expect(measurements[0]).toEqual({
      kind: "notice",
      message: expect.stringMatching(/sophia is given no hessian.*not the method of its authors/),
    });
    const { measurements: usual } = await collect(train({ ...config, steps: 2 }));
    expect(usual[0]).toMatchObject({ kind: "start" });
  });

  it("says that it ended above the loss that it began with, also where it was resumed", async () => {
    const apart = { ...config, optimizer: parseOptimizerSpec("gd:lr=2.5"), steps: 12, checkpointEvery: 4 };
    const whole = await complete(train(apart));
    expect(whole.diverged).toBe(true);
    expect(whole.train.loss).toBeGreaterThan(whole.initialLoss ?? Number.NaN);
    const stopper = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 6 && stopper.abort() });
    await collect(train({ ...apart, workload, folder, signal: stopper.signal }));
    const { initialLoss, diverged } = await complete(resumeRun(folder, { workload: toyWorkload() }));
    expect({ initialLoss, diverged }).toEqual({ initialLoss: whole.initialLoss, diverged: true });
    expect(await complete(train(config))).toMatchObject({ initialLoss: whole.initialLoss, diverged: false });
  });

  it("does not take a mini-batch easier than the training split for a rise of the loss", async () => {
    const workload = toyWorkload({ easier: 0.5 });
    const result = await complete(
      train({ ...config, workload, optimizer: parseOptimizerSpec("gd:lr=0.0001") }),
    );
    expect(result.train.loss).toBeGreaterThan(result.initialLoss ?? Number.NaN);
    expect(result.diverged).toBe(false);
  });

  it("says what roots will cost, before it starts", async () => {
    const optimizer = parseOptimizerSpec("shampoo");
    const { measurements } = await collect(train({ ...config, optimizer, steps: 1, batchSize: 1 }));
    expect(measurements.map(({ kind }) => kind).slice(0, 2)).toEqual(["notice", "start"]);
    expect(measurements[0]).toMatchObject({ message: expect.stringContaining("distributed-shampoo:") });
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
      /the loss is NaN at step 37; the norm of the parameters is [\d.]+ \(layer.weight: [\d.]+\), the norm of the gradient is [\d.]+ .*lower the learning rate.*checkpoint, of step 35, is kept in/i,
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
      const whole = await trace(folder, await complete(train({ ...config, optimizer, folder })));
      const abort = new AbortController();
      const workload = toyWorkload({ onStep: (step) => step === 41 && abort.abort() });
      const interrupted = { ...config, workload, optimizer, folder, overwrite: true, signal: abort.signal };
      await collect(train(interrupted));
      const resumed = await complete(resumeRun(folder, { workload: toyWorkload() }));
      expect(await trace(folder, resumed)).toEqual(whole);
    },
  );
});
