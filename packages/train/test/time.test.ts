import { parseOptimizerSpec, type SafetensorsFile } from "@steepest/optim";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import {
  type Measurement,
  optimizerMethod,
  resumeRun,
  type TrainConfig,
  type TrainingMethod,
  train,
} from "../src/index.js";
import { collect, complete } from "./runs.js";
import { type ToyOptions, toyWorkload } from "./toyWorkload.js";

/*
 * Time passes here only where a test says so, so that what the clocks count is known to the last digit.
 */

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

let now = 0;
const pass = (seconds: number) => () => {
  now += seconds;
};
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => 1e3 * now);
  // Two cores are busy.
  vi.spyOn(process, "cpuUsage").mockImplementation(() => ({ user: 2e6 * now, system: 0 }));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const sgd = optimizerMethod(parseOptimizerSpec("sgd:lr=0.05"), {});
/** Seconds of each part of the work. */
const parts = { load: 64, create: 32, compile: 8, step: 1, prepare: 2, evaluate: 128, save: 16 } as const;

/** SGD whose work takes the time of its parts. */
const slowSgd: TrainingMethod = {
  name: "slow-sgd",
  async create(context) {
    const { saveState, enterEvaluation, ...method } = await sgd.create(context);
    now += parts.create;
    return {
      ...method,
      enterEvaluation() {
        now += parts.prepare;
        return enterEvaluation();
      },
      saveState(): SafetensorsFile {
        now += parts.save;
        return saveState();
      },
    };
  },
};

const slowToy = ({ onStep, ...options }: ToyOptions = {}) =>
  toyWorkload({
    ...options,
    onLoad: pass(parts.load),
    onBind: pass(parts.compile),
    onEvaluate: pass(parts.evaluate),
    onStep(step) {
      now += parts.step;
      onStep?.(step);
    },
  });

const config = {
  ...{ workload: slowToy(), optimizer: slowSgd, seed: 3, steps: 40, evaluateEvery: 100 },
  ...{ checkpointEvery: 10, reportEvery: 100 },
};

const evaluations = (measurements: readonly Measurement[]) =>
  measurements.flatMap((each) => (each.kind === "evaluation" ? [[each.step, each.seconds]] : []));

describe("the training clock", () => {
  it("counts compiling, steps and preparing evaluations, and nothing else", async () => {
    const { measurements, result } = await collect(train({ ...config, folder, evaluateEvery: 20 }));
    const { compile, step, prepare } = parts;
    const [first, second] = [compile + 20 * step + prepare, compile + 40 * step + 2 * prepare];
    expect(evaluations(measurements)).toEqual([
      [20, first],
      [40, second],
    ]);
    expect(result).toMatchObject({ seconds: second, cpuSeconds: 2 * second, ended: "steps" });
  });

  it("counts neither warm-up nor compiling where there is a warm-up", async () => {
    const { measurements } = await collect(train({ ...config, warmUpSteps: 5, evaluateEvery: 20 }));
    const { step, prepare } = parts;
    expect(evaluations(measurements)).toEqual([
      [20, 20 * step + prepare],
      [40, 40 * step + 2 * prepare],
    ]);
  });

  it("goes on where the run was interrupted, and does not count that it compiles again", async () => {
    const whole = await complete(train({ ...config, folder }));
    const abort = new AbortController();
    const workload = slowToy({ onStep: (step) => step === 17 && abort.abort() });
    await collect(train({ ...config, workload, folder, overwrite: true, signal: abort.signal }));
    expect(await complete(resumeRun(folder, { workload: slowToy(), method: slowSgd }))).toEqual(whole);
  });
});

describe("a budget of time", () => {
  it.each([
    // 8 seconds of compiling and one a step.
    ["on the wall", { seconds: 20 }, 12],
    ["between two steps", { seconds: 19.5 }, 12],
    ["on the cores", { cpuSeconds: 30 }, 7],
    ["on both, the first that is over", { seconds: 20, cpuSeconds: 30 }, 7],
    ["that compiling alone takes", { seconds: 0.5 }, 1],
  ] as const)("%s ends the run after the step that exceeds it", async (_, budget, steps) => {
    const { measurements, result } = await collect(train({ ...config, budget }));
    expect(result).toMatchObject({ outcome: "completed", steps, ended: "budget" });
    expect(evaluations(measurements).map(([step]) => step)).toEqual([steps]);
  });

  it("leaves a run alone that ends before it", async () => {
    const { parametersHash } = await complete(train(config));
    const result = await complete(train({ ...config, budget: { seconds: 1000, cpuSeconds: 2000 } }));
    expect(result).toMatchObject({ steps: 40, ended: "steps", parametersHash });
  });

  it("ends a resumed run at the same step with the same bits and times, wherever it was interrupted", async () => {
    const budgeted = { ...config, folder, budget: { cpuSeconds: 70 }, evaluateEvery: { seconds: 6 } };
    const whole = await collect(train(budgeted));
    expect(whole.result).toMatchObject({ ended: "budget", steps: 20 });
    for (const stop of [1, 5, 13, 20]) {
      const abort = new AbortController();
      const workload = slowToy({ onStep: (step) => step === stop && abort.abort() });
      const begun = await collect(train({ ...budgeted, workload, overwrite: true, signal: abort.signal }));
      const rest =
        begun.result.outcome === "interrupted"
          ? await collect(resumeRun(folder, { workload: slowToy(), method: slowSgd }))
          : { measurements: [], result: begun.result };
      expect(rest.result).toEqual(whole.result);
      expect([...evaluations(begun.measurements), ...evaluations(rest.measurements)]).toEqual(
        evaluations(whole.measurements),
      );
    }
  });
});

describe("a period of evaluations on a clock", () => {
  it.each([[{ seconds: 6 }], [{ cpuSeconds: 12 }]] as const)(
    "%o is counted from the last evaluation's end",
    async (evaluateEvery) => {
      const { measurements } = await collect(train({ ...config, evaluateEvery, steps: 15 }));
      expect(evaluations(measurements)).toEqual([
        // 9 seconds have passed, of which 8 compiling; then 2 of preparing.
        [1, 11],
        [7, 19],
        [13, 27],
        [15, 31],
      ]);
    },
  );

  it("does not change the bits", async () => {
    const { parametersHash } = await complete(train(config));
    const found = await complete(train({ ...config, evaluateEvery: { seconds: 3 } }));
    expect(found.parametersHash).toBe(parametersHash);
  });
});

it.each<[string, Partial<TrainConfig>, RegExp]>([
  ["a budget of 0", { budget: { seconds: 0 } }, /budget in seconds is 0.*number > 0/],
  ["an endless budget", { budget: { cpuSeconds: Number.POSITIVE_INFINITY } }, /CPU seconds is Infinity/],
  ["a negative period", { evaluateEvery: { seconds: -1 } }, /period in seconds is -1/],
  ["a period that is no number", { evaluateEvery: { cpuSeconds: Number.NaN } }, /CPU seconds is NaN/],
])("refuses %s", async (_, choices, message) => {
  await expect(collect(train({ ...config, ...choices, folder }))).rejects.toThrow(message);
});
