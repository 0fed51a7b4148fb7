import { parseOptimizerSpec, type SafetensorsFile, SteepestError } from "@steepest/optim";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import {
  inspectRun,
  type MethodContext,
  optimizerMethod,
  resumeRun,
  type TrainedMethod,
  type TrainingMethod,
  train,
} from "../src/index.js";
import { collect, complete, trace } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

/*
 * Runs that are given code in place of an optimizer's specification.
 */

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const config = { workload: toyWorkload(), seed: 3, steps: 70, evaluateEvery: 15 };
const learningRate = Math.fround(0.05);

/** Steps downhill, each on the mini-batch that `batchOf` names; evaluated at the mean of all iterates. */
class AveragedDescent implements TrainedMethod {
  readonly #arrays: ReadonlyMap<string, Readonly<Record<"x" | "g" | "mean", Float32Array>>>;
  readonly #batchOf: (k: number) => number;
  readonly #last: number;
  released = 0;
  #count = 0;

  constructor({ parameters, initial }: MethodContext, batchOf: (k: number) => number, last: number) {
    this.#batchOf = batchOf;
    this.#last = last;
    this.#arrays = new Map(
      parameters.map(({ name }) => {
        const x = initial(name);
        return [name, { x, g: new Float32Array(x.length), mean: x.slice() }];
      }),
    );
  }
  #array(name: string, kind: "x" | "g" | "mean"): Float32Array {
    return this.#arrays.get(name)?.[kind] ?? expect.unreachable(name);
  }
  parameter(name: string) {
    return this.#array(name, "x");
  }
  gradient(name: string) {
    return this.#array(name, "g");
  }
  evaluationParameter(name: string) {
    return this.#array(name, "mean");
  }
  async step(k: number, gradient: (batch: number) => Promise<number>) {
    const loss = await gradient(this.#batchOf(k));
    this.#count++;
    for (const { x, g, mean } of this.#arrays.values())
      for (let i = 0; i < x.length; i++) {
        // Rounded as in float32 throughout.
        x[i] = (x[i] ?? 0) - Math.fround(learningRate * (g[i] ?? 0));
        mean[i] = (mean[i] ?? 0) + ((x[i] ?? 0) - (mean[i] ?? 0)) / this.#count;
      }
    return loss;
  }
  async enterEvaluation() {}
  leaveEvaluation() {}
  finished() {
    return this.#count >= this.#last;
  }
  saveState(): SafetensorsFile {
    const tensors = new Map(
      [...this.#arrays].map(([name, { mean }]) => [
        name,
        { dtype: "F32" as const, shape: [mean.length], data: mean.slice() },
      ]),
    );
    return { tensors, metadata: { count: String(this.#count) } };
  }
  loadState({ tensors, metadata }: SafetensorsFile) {
    this.#count = Number(metadata.count);
    for (const [name, { data }] of tensors)
      if (data instanceof Float32Array) this.#array(name, "mean").set(data);
  }
  async release() {
    this.released++;
  }
}

interface DescentOptions {
  readonly batchOf?: (k: number) => number;
  readonly last?: number;
  readonly settings?: TrainingMethod["settings"];
  readonly made?: (method: AveragedDescent, context: MethodContext) => void;
}

const descent = ({
  batchOf = (k) => k,
  last = Number.POSITIVE_INFINITY,
  settings,
  made,
}: DescentOptions = {}): TrainingMethod => ({
  name: "averaged descent",
  ...(settings === undefined ? {} : { settings }),
  async create(context) {
    const method = new AveragedDescent(context, batchOf, last);
    made?.(method, context);
    return method;
  },
});

describe("a method in place of an optimizer", () => {
  it("makes the steps of the rule that it writes out", async () => {
    const sgd = parseOptimizerSpec("sgd:lr=0.05");
    const rule = await complete(train({ ...config, optimizer: sgd }));
    const own = await complete(train({ ...config, optimizer: descent() }));
    const wrapped = await complete(train({ ...config, optimizer: optimizerMethod(sgd, {}) }));
    expect(own.parametersHash).toBe(rule.parametersHash);
    expect(wrapped).toMatchObject({ parametersHash: rule.parametersHash, optimizer: rule.optimizer });
    expect(own).toMatchObject({ optimizer: "averaged descent", ended: "steps" });
  });

  it("is evaluated at weights of its own, which checkpoints keep", async () => {
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 30 && abort.abort() });
    let mean: Float32Array | undefined;
    const optimizer = descent({
      made(method) {
        mean = method.evaluationParameter("layer.weight");
      },
    });
    const run = train({ ...config, workload, optimizer, folder, signal: abort.signal });
    const { measurements } = await collect(run);
    const status = await inspectRun(folder);
    if (status.kind !== "partial" || status.checkpoint === undefined) throw new Error(status.kind);
    expect(status.checkpoint.evaluation.get("layer.weight")?.data).toEqual(mean);
    expect(status.checkpoint.parameters.get("layer.weight")?.data).not.toEqual(mean);
    const sgd = await collect(train({ ...config, optimizer: parseOptimizerSpec("sgd:lr=0.05"), steps: 15 }));
    const losses = [measurements, sgd.measurements].map((all) =>
      all.flatMap((each) => (each.kind === "evaluation" && each.step === 15 ? [each.validation.loss] : [])),
    );
    // The mean lags behind on the way down.
    expect(losses[0]?.[0]).toBeGreaterThan(1.5 * (losses[1]?.[0] ?? Number.NaN));
  });

  it("gives the same bits, results and logs wherever it was interrupted, and goes on only with itself", async () => {
    const optimizer = descent({ settings: { power: 2, mode: "mean" } });
    const whole = await trace(folder, await complete(train({ ...config, optimizer, folder })));
    for (const stop of [1, 29, 30, 69]) {
      const abort = new AbortController();
      const workload = toyWorkload({ onStep: (step) => step === stop && abort.abort() });
      await collect(train({ ...config, workload, optimizer, folder, overwrite: true, signal: abort.signal }));
      const resumed = (method?: TrainingMethod) =>
        complete(resumeRun(folder, { workload: toyWorkload(), ...(method === undefined ? {} : { method }) }));
      await expect(resumed()).rejects.toThrow(
        /trains with averaged descent, which is code.*resumeRun\(folder, \{ method \}\)/s,
      );
      await expect(resumed(descent({ settings: { power: 3, mode: "mean" } }))).rejects.toThrow(
        /started with settings \{"power":2,"mode":"mean"\}, not \{"power":3,"mode":"mean"\}/,
      );
      await expect(resumed({ ...optimizer, name: "another" })).rejects.toThrow(
        /optimizer "averaged descent", not "another"/,
      );
      expect(await trace(folder, await resumed(optimizer))).toEqual(whole);
    }
  });

  it("does not take over a run of a specification", async () => {
    const sgd = parseOptimizerSpec("sgd:lr=0.05");
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 20 && abort.abort() });
    await collect(train({ ...config, workload, optimizer: sgd, folder, signal: abort.signal }));
    const method = optimizerMethod(sgd, {});
    await expect(collect(resumeRun(folder, { workload: toyWorkload(), method }))).rejects.toThrow(
      /optimizerKind "specification", not "method"/,
    );
  });

  it("chooses its mini-batches", async () => {
    const calls: number[] = [];
    const workload = toyWorkload({ onStep: (step) => calls.push(step) });
    await complete(train({ ...config, workload, optimizer: descent({ batchOf: (k) => 2 * k - 1 }) }));
    expect(calls).toEqual(Array.from({ length: 70 }, (_, i) => 2 * i + 1));
  });

  it("ends the run by its own word, also where it was interrupted before", async () => {
    const optimizer = descent({ last: 42 });
    const whole = await collect(train({ ...config, optimizer, folder }));
    expect(whole.result).toMatchObject({ outcome: "completed", steps: 42, ended: "method" });
    expect(whole.measurements.at(-2)).toMatchObject({ kind: "evaluation", step: 42 });
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 41 && abort.abort() });
    await collect(train({ ...config, workload, optimizer, folder, overwrite: true, signal: abort.signal }));
    const resumed = await complete(resumeRun(folder, { workload: toyWorkload(), method: optimizer }));
    expect(resumed).toMatchObject({ steps: 42, ended: "method" });
    if (whole.result.outcome === "completed")
      expect(resumed.parametersHash).toBe(whole.result.parametersHash);
  });

  it("knows what it is made for, and the initial values", async () => {
    const seen: MethodContext[] = [];
    const optimizer = descent({ made: (_, context) => seen.push(context) });
    await complete(train({ ...config, optimizer, horizon: 140, threads: 2, batchSize: 20 }));
    await complete(train({ ...config, optimizer }));
    expect(seen[0]).toMatchObject({ batchSize: 20, trainCount: 205, steps: 140, seed: 3, threads: 2 });
    expect(seen[1]).toMatchObject({ batchSize: 10, steps: 70 });
    expect(seen[0]?.parameters.map(({ name }) => name)).toEqual(["layer.weight", "layer.bias"]);
    expect(() => seen[0]?.initial("layer.wieght")).toThrow(/layer.weight/);
    const [first, second] = [seen[0]?.initial("layer.bias"), seen[0]?.initial("layer.bias")];
    expect(first).toEqual(second);
    first?.fill(0);
    expect(second).not.toEqual(first);
  });

  it("is released once, also where the run fails", async () => {
    const made: AveragedDescent[] = [];
    const optimizer = descent({ made: (method) => made.push(method) });
    await complete(train({ ...config, optimizer }));
    const workload = toyWorkload({ nanAt: 5 });
    await expect(collect(train({ ...config, workload, optimizer }))).rejects.toThrow(
      /the loss is NaN at step 5/,
    );
    const unbound = toyWorkload({
      onBind() {
        throw new Error("no memory");
      },
    });
    await expect(collect(train({ ...config, workload: unbound, optimizer }))).rejects.toThrow("no memory");
    expect(made.map(({ released }) => released)).toEqual([1, 1, 1]);
  });

  it("takes no settings of optimizers", async () => {
    for (const choice of [
      { learningRate: 0.1 },
      { schedule: "cosine:steps=10" },
      { clip: { globalNorm: 1 } },
    ]) {
      const run = collect(train({ ...config, optimizer: descent(), ...choice, folder }));
      await expect(run).rejects.toThrow(
        new RegExp(`${Object.keys(choice)[0]} is given for averaged descent`),
      );
    }
    expect(await inspectRun(folder)).toEqual({ kind: "absent" });
  });
});

describe("the horizon of a run", () => {
  it("is what shares in a schedule are of", async () => {
    const optimizer = parseOptimizerSpec("sgd:lr=0.05");
    const hash = async (choices: { readonly schedule: string; readonly horizon?: number }) =>
      (await complete(train({ ...config, optimizer, ...choices }))).parametersHash;
    const fixed = await hash({ schedule: "cosine:steps=140" });
    expect(await hash({ schedule: "cosine:steps=100%", horizon: 140 })).toBe(fixed);
    expect(await hash({ schedule: "cosine:steps=100%" })).not.toBe(fixed);
  });

  it("is refused where it is no number of steps", async () => {
    const run = train({ ...config, optimizer: descent(), horizon: 0.5 });
    await expect(collect(run)).rejects.toThrow(SteepestError);
  });
});

it("hands dropout and label smoothing to the workload, and keeps them", async () => {
  const seen: object[] = [];
  const stopped = AbortSignal.abort();
  const regularised = { dropout: 0.25, labelSmoothing: 0.1 };
  const workload = toyWorkload({ onBind: (options) => seen.push(options) });
  const optimizer = parseOptimizerSpec("sgd");
  await collect(train({ ...config, workload, optimizer, ...regularised, folder, signal: stopped }));
  await complete(resumeRun(folder, { workload }));
  await complete(train({ ...config, workload, optimizer }));
  const plain = { batchSize: 10, seed: 3, threads: 1 };
  expect(seen).toEqual([{ ...plain, ...regularised }, { ...plain, ...regularised }, plain]);
  for (const choice of [{ dropout: 1 }, { dropout: -0.1 }, { labelSmoothing: 1 }])
    await expect(collect(train({ ...config, optimizer, ...choice }))).rejects.toThrow(/in \[0, 1\)/);
});
