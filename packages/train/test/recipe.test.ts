import { parseOptimizerSpec } from "@steepest/optim";
import type { BindOptions, Recipe, Workload } from "@steepest/workloads";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { inspectRun, openTrained, resumeRun, type TrainConfig, train } from "../src/index.js";
import { collect, complete } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const recipe: Recipe = {
  optimizer: "adamw",
  optimizers: { adamw: { beta2: 0.9, weightDecay: 0.2 } },
  schedule: (steps) => `cosine:steps=${steps},final=0.1`,
  clip: { globalNorm: 2 },
  decay: "matrices",
  ...{ steps: 30, evaluateEvery: 15 },
};
const workload: Workload = { ...toyWorkload(), recipe };

/** The configuration of a run, as its folder has it. */
async function configured(asked: Partial<TrainConfig>) {
  const config = { workload, optimizer: parseOptimizerSpec("adamw"), recipe: true, ...asked };
  await complete(train({ ...config, folder, overwrite: true }));
  const status = await inspectRun(folder);
  return status.kind === "absent" ? expect.unreachable("there is no run") : status.configuration;
}

describe("a workload's recipe", () => {
  it("fills in what a run leaves open, and stands in its folder like any other choice", async () => {
    const found = await configured({});
    expect(found).toMatchObject({
      ...{ optimizer: "adamw:beta2=0.9,weightDecay=0.2", schedule: "cosine:steps=30,final=0.1" },
      ...{ clip: { globalNorm: 2 }, decay: "matrices", steps: 30, evaluateEvery: 15, checkpointEvery: 15 },
      evaluateFirst: true,
    });
    expect(found).not.toHaveProperty("recipe");
  });

  it("gives way to what is chosen", async () => {
    expect(
      await configured({
        ...{ optimizer: parseOptimizerSpec("adamw:beta2=0.99"), learningRate: 0.5, schedule: "constant" },
        ...{ clip: { value: 1 }, decay: "all", steps: 20, evaluateEvery: 10 },
      }),
    ).toMatchObject({
      ...{ optimizer: "adamw:beta2=0.99,weightDecay=0.2,lr=0.5", schedule: "constant", clip: { value: 1 } },
      ...{ steps: 20, evaluateEvery: 10 },
    });
    const { optimizer, schedule } = await configured({ optimizer: parseOptimizerSpec("sgd"), epochs: 2 });
    // 205 examples, ten a step: twenty steps an epoch.
    expect({ optimizer, schedule }).toEqual({ optimizer: "sgd", schedule: "cosine:steps=40,final=0.1" });
    expect(await configured({ optimizer: parseOptimizerSpec("adamw:preset=torch") })).toMatchObject({
      optimizer: "adamw:preset=torch",
    });
  });

  it("is left out where nobody asks for it, for code that trains, and its clipping for line searches", async () => {
    expect(await configured({ recipe: false, steps: 5 })).toMatchObject({ optimizer: "adamw", steps: 5 });
    expect(await configured({ recipe: false, steps: 5 })).not.toHaveProperty("schedule");
    const searched = await configured({ optimizer: parseOptimizerSpec("lbfgs") });
    expect(searched).not.toHaveProperty("clip");
    expect(searched.steps).toBe(30);
  });

  it("changes nothing in a run that is resumed", async () => {
    const abort = new AbortController();
    const stopping = { ...toyWorkload({ onStep: (step) => void (step === 17 && abort.abort()) }), recipe };
    const config = { optimizer: parseOptimizerSpec("adamw"), recipe: true };
    const whole = await complete(train({ ...config, workload }));
    await collect(train({ ...config, workload: stopping, folder, signal: abort.signal }));
    const resumed = await complete(resumeRun(folder, { workload, expect: { decay: "matrices" } }));
    expect(resumed.parametersHash).toBe(whole.parametersHash);
  });

  it("decays matrices alone: vectors go as if there were no decay", async () => {
    const weights = async (decay: "all" | "matrices", weightDecay: number) => {
      const optimizer = parseOptimizerSpec(`adamw:weightDecay=${weightDecay}`);
      await configured({ recipe: false, optimizer, decay, steps: 20 });
      const { parameter } = await openTrained(folder, { workload });
      return [parameter("layer.bias"), parameter("layer.weight")];
    };
    const [none, some, all] = [
      await weights("all", 0),
      await weights("matrices", 1),
      await weights("all", 1),
    ];
    expect(some[0]).toEqual(none[0]);
    expect(some[1]).not.toEqual(none[1]);
    expect(all[0]).not.toEqual(none[0]);
    expect(all[1]).toEqual(some[1]);
  });
});

describe("memory that a run saves", () => {
  const config = { optimizer: parseOptimizerSpec("adam"), steps: 4 };

  it("is asked of the workload, and stands in the run's folder", async () => {
    const asked: BindOptions[] = [];
    const toy = toyWorkload({ onBind: (options) => asked.push(options) });
    await complete(train({ ...config, workload: toy, accumulate: 5, checkpointing: { every: 2 }, folder }));
    expect(asked).toMatchObject([{ batchSize: 10, accumulate: 5, checkpointing: { every: 2 } }]);
    expect(await inspectRun(folder)).toMatchObject({
      configuration: { accumulate: 5, checkpointing: { every: 2 } },
    });
    await expect(complete(resumeRun(folder, { workload: toy, expect: { accumulate: 2 } }))).rejects.toThrow(
      /accumulate 5, not 2/,
    );
  });

  it("is refused where it cannot be", async () => {
    const run = (choices: Partial<TrainConfig>) =>
      complete(train({ ...config, workload: toyWorkload(), ...choices, folder }));
    await expect(run({ accumulate: 3 })).rejects.toThrow(/batch of 10 examples.*from 3 equal parts/);
    await expect(run({ accumulate: 0 })).rejects.toThrow(/from 0 equal parts/);
    await expect(run({ checkpointing: { every: 0 } })).rejects.toThrow(/computed again at once is 0/);
    expect(await inspectRun(folder)).toEqual({ kind: "absent" });
  });
});

describe("openTrained", () => {
  it("gives the weights to evaluate with, and says where there are none", async () => {
    const optimizer = parseOptimizerSpec("weight-ema:base=sgd,lr=0.05,averageDecay=0.9");
    await complete(train({ workload, optimizer, steps: 20, folder }));
    const { parameter, step, configuration } = await openTrained(folder, { workload });
    expect({ step, workload: configuration.workload }).toEqual({ step: 20, workload: "toy" });
    const status = await resumeRun(folder, { workload }).next();
    if (status.done !== true || status.value.outcome !== "completed") return expect.unreachable("no result");
    const loss = ["layer.weight", "layer.bias"].reduce(
      (sum, name) => sum + parameter(name).reduce((part, value) => part + (value - 1) ** 2 / 2, 0),
      0,
    );
    expect(loss).toBeCloseTo(status.value.validation.loss, 12);
    expect(() => parameter("layer.wait")).toThrow(/no parameter "layer.wait".*layer.weight, layer.bias/);
    await expect(openTrained(`${folder}/nowhere`)).rejects.toThrow(/there is no run.*run.json is missing/);
    await complete(train({ workload, optimizer, steps: 2, keepCheckpoint: false, folder, overwrite: true }));
    await expect(openTrained(folder, { workload })).rejects.toThrow(/no weights.*Trials of benches/);
    const other = toyWorkload({ procedural: true });
    await complete(train({ workload, optimizer, steps: 2, folder, overwrite: true }));
    await expect(openTrained(folder, { workload: other })).rejects.toThrow(/trained on toy, exact, but/);
    return undefined;
  });
});
