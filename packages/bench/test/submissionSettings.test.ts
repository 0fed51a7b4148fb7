import type { Optimizer, Schedule } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { methodOf, type OptimizerSettings, type Submission } from "../src/submission/index.js";
import { type Count, cosine, joined, linear, numbered, of, warmedCosine } from "./literals.js";
import { toyRun } from "./methods.js";

/*
 * The schedules and settings of submissions, against the published ones written literally.
 */

/** The settings of the optimizers that a submission builds at a point. */
async function settingsOf(name: string, trial: number, stepHint: number) {
  const [submission, point] = await numbered(name, trial);
  const built: { readonly optimizer: Optimizer; readonly settings: OptimizerSettings }[] = [];
  const spied: Submission = {
    ...submission,
    initOptimizerState: (context) =>
      submission.initOptimizerState({
        ...context,
        optimizer: (choice, settings = {}) => {
          const optimizer = context.optimizer(choice, settings);
          built.push({ optimizer, settings });
          return optimizer;
        },
      }),
  };
  const { method } = await toyRun(spied, { point, stepHint });
  await method.release();
  const [first] = built;
  if (first === undefined) throw new Error("no optimizer was built");
  return { ...first, point };
}

const scheduleOf = async (name: string, trial: number, stepHint: number): Promise<Schedule> => {
  const { settings } = await settingsOf(name, trial, stepHint);
  if (settings.schedule === undefined) throw new Error(`${name} has no schedule`);
  return settings.schedule;
};

function expectSchedule(schedule: Schedule, expected: Count, steps: number, digits = 12): void {
  for (let count = 0; count < steps; count++)
    expect(schedule(count + 1)).toBeCloseTo(expected(count), digits);
}

describe("published schedules", () => {
  it.each([
    ["baseline", 1, 0.1],
    ["baseline", 4, 0.02],
    ["lawa_ema", 2, 0.05],
    ["lawa_queue", 5, 0.02],
    ["self_tuning_baseline", 1, 0.02],
    ["cautious_nadamw", 1, 0.02],
  ])("%s, point %i: warm-up over %f of the step hint, then a cosine wave", async (name, trial, factor) => {
    // Of which no part is a whole number of steps.
    expectSchedule(await scheduleOf(name, trial, 413), warmedCosine(413, factor), 450);
  });

  it.each([
    ["generalized_adam", 1, 1, 0.1],
    ["generalized_adam", 3, 0.75, 0.1],
    ["nadamp", 3, 0.75, 0.01],
    ["nadamp", 4, 1, 0.05],
  ])("%s, point %i: all of it over %f of the step hint", async (name, trial, part, factor) => {
    expectSchedule(await scheduleOf(name, trial, 400), warmedCosine(part * 400, factor), 450);
  });

  it("cyclic_lr: one cycle, or two of half the length with the whole warm-up each", async () => {
    expectSchedule(await scheduleOf("cyclic_lr", 2, 400), warmedCosine(400, 0.1), 400);
    const half: Count = joined([linear(40), cosine(1, 160)], [40]);
    const two: Count = (count) => (count < 200 ? half(count) : half(count - 200));
    expectSchedule(await scheduleOf("cyclic_lr", 4, 400), two, 450);
  });

  it("caspr_adaptive: three waves, the second and third from the height of a wave over all", async () => {
    const hint = 1000;
    const [first, second] = [535, 750];
    const outer = warmedCosine(hint, 0.1);
    const warmup = Math.floor(0.1 * first);
    const expected = joined(
      [
        linear(warmup),
        cosine(1, first - warmup),
        cosine(outer(first), second - first),
        cosine(outer(second), hint - second),
      ],
      [warmup, first, second],
    );
    expectSchedule(await scheduleOf("caspr_adaptive", 1, hint), expected, 1100);
    // Also where there is no room for three.
    expect((await scheduleOf("caspr_adaptive", 1, 2))(1)).toBe(1);
  });

  it("shampoo_submission: over 0.6 of the step hint in one point, rising again after it as in PyTorch", async () => {
    const schedule = await scheduleOf("shampoo_submission", 2, 1000);
    const [steps, warmup] = [600, 30];
    expectSchedule(schedule, joined([linear(warmup), cosine(1, steps - warmup)], [warmup]), steps);
    expect(schedule(steps + 1)).toBeCloseTo(0, 12);
    expect(schedule(steps + 100)).toBeCloseTo(
      (1 + Math.cos((Math.PI * (steps + 99 - warmup)) / 570)) / 2,
      12,
    );
  });

  it("schedule_free_prodigy and amos: a rise, then constant", async () => {
    expectSchedule(await scheduleOf("schedule_free_prodigy", 1, 400), linear(30), 400);
    expectSchedule(await scheduleOf("amos", 3, 400), (count) => linear(12)(count + 1), 400);
  });

  it("schedule_free: the warm-up is of three quarters of the step hint", async () => {
    for (const name of ["schedule_free_adamw", "schedule_free_adamw_v2", "self_tuning_schedule_free_adamw"]) {
      const { optimizer } = await settingsOf(name, 1, 1000);
      expect(optimizer.groups[0]?.hyper.warmupSteps).toBe(15);
    }
  });

  it("amos: its step size is from the largest parameter, its scales from roles and inputs", async () => {
    const { optimizer, settings, point } = await settingsOf("amos", 1, 1000);
    const root = Math.sqrt(24);
    const q = Math.sqrt(1 - 1 / root);
    const tau = q * (Math.log(root) + 2 * Math.log(1 + q));
    const steps = of(point, "converge") * (1000 - (of(point, "warmup") * 1000 * 2) / 3);
    expect(settings.clip).toEqual({ globalNorm: 1 });
    for (const [index, eta] of [Math.sqrt(2 / 6), 0.5, Math.sqrt(2 / 4), 1].entries()) {
      expect(optimizer.groups[index]?.hyper.eta).toBeCloseTo(eta, 12);
      expect(optimizer.groups[index]?.hyper.lr).toBeCloseTo(
        Math.sqrt((2 * (tau + Math.SQRT2 - 1)) / steps),
        12,
      );
    }
    const { optimizer: second } = await settingsOf("amos", 2, 1000);
    expect(second.groups.map(({ hyper }) => hyper.eta)).toEqual([0.062, 0.062, 0.062, 0.062]);
  });
});

describe("published settings under our names", () => {
  it.each([
    [
      "caspr_adaptive",
      4,
      { lr: 0.004958460849689891, beta1: 1 - 0.13625575743, beta2: 0.6291854735396584, blockSize: 1024 },
      { root: "coupledNewton" },
    ],
    ["caspr_adaptive", 1, { frequency: 20, start: 101, ridge: 1e-6, errorTolerance: 0.1, eps: 1e-8 }, {}],
    [
      "shampoo_submission",
      1,
      { eps: 1e-8, blockSize: 1024, frequency: 100, start: -1, graftingBeta2: 1 - 0.00448403102 },
      { grafting: "adam", merge: "vector", nadam: true, degree: "axes", root: "eigen" },
    ],
    [
      "shampoo_submission",
      3,
      { lr: 1, weightDecay: 0, beta1: 0 },
      { grafting: "sgd", nadam: false, degree: "axes" },
    ],
    ["shampoo_submission", 4, { lr: 1, weightDecay: 0 }, { grafting: "adam", nadam: true, degree: "two" }],
    [
      "generalized_adam",
      1,
      { lr: 1.9487942250159782, beta1: 0.9721703824185486, weightDecay: 0.00024022723093685417 },
      { nesterov: true, disablePreconditioning: true },
    ],
    ["generalized_adam", 2, { beta2: 0.9632738717172477 }, { nesterov: true, disablePreconditioning: false }],
    ["nadamp", 4, { degree: 1.5, beta2: 0.995244058350173 }, { nesterov: true, root: "power" }],
    ["nadamp", 1, { degree: 2, beta1: 0.8009875258060416 }, { nesterov: true, root: "square" }],
    ["lawa_queue", 1, { averageStart: 20, averagePeriod: 2 }, { base: "nadamw", copies: "10" }],
    [
      "lawa_ema",
      1,
      { averageStart: 20, averagePeriod: 5, averageDecay: 0.2 },
      { base: "nadamw", averageDecayAs: "published" },
    ],
    [
      "schedule_free_adamw",
      4,
      { lr: 0.005, beta: 0.9, beta2: 0.62918, weightDecay: 0.08, r: 0.75 },
      { debiases: "rate", decayAt: "average" },
    ],
    ["schedule_free_adamw_v2", 1, { lr: 0.0025, r: 0 }, { debiases: "rate", decayAt: "gradient" }],
    ["schedule_free_prodigy", 2, { lr: 1, weightDecay: 0.1, beta2: 0.9955, r: 0.75, d0: 1e-6 }, {}],
    ["amos", 1, { beta1: 0.9, beta2: 0.98, l2: 0.012 }, { style: "reduced", clipsGradient: true }],
    ["amos", 3, { beta1: 0.95, beta2: 0.995, l2: 0.001 }, { style: "adam" }],
    ["adamg", 1, { lr: 1, beta1: 0.95, beta2: 0.999, beta3: 0.95, scale: 0.2, exponent: 0.24 }, {}],
    ["ademamix", 1, { lr: 0.01, mix: 8, beta3: 0.9999, mixWarmup: 10, beta3Warmup: 10 }, {}],
    ["lion", 1, { lr: 2e-4, beta1: 0.95, beta2: 0.98, weightDecay: 0.5 }, {}],
    [
      "muon",
      1,
      { lr: 0.0001357495179 * 28.61130298, momentum: 0.9560745273, weightDecay: 0.02397563985 },
      { nesterov: false, scale: "tall", method: "newtonSchulz" },
    ],
    [
      "single_worker_diloco",
      1,
      { lr: 0.000955, beta1: 0.99, beta2: 0.995, syncPeriod: 75, outerLr: 0.3006, outerMomentum: 0.7675 },
      { base: "adamw" },
    ],
  ])("%s, point %i", async (name, trial, hyper, options) => {
    const { optimizer } = await settingsOf(name, trial, 1000);
    expect(optimizer.groups[0]?.hyper).toMatchObject(hyper);
    expect(optimizer.options).toMatchObject(options);
  });

  it("give dropout and label smoothing to the workload, as the point has them", async () => {
    const asked = async (name: string, trial: number) => {
      const [submission, point] = await numbered(name, trial);
      const { dropout, labelSmoothing, batchSize } = methodOf(submission, point, {
        ...{ defaultBatchSize: 96, stepHint: 10 },
      });
      return { dropout, labelSmoothing, batchSize };
    };
    expect(await asked("shampoo_submission", 4)).toEqual({
      dropout: 0.1,
      labelSmoothing: 0.1,
      batchSize: 96,
    });
    expect(await asked("schedule_free_adamw", 1)).toMatchObject({ dropout: 0.1, labelSmoothing: 0.4 });
    expect(await asked("lion", 1)).toEqual({ dropout: 0.1, labelSmoothing: undefined, batchSize: 96 });
    expect(await asked("schedule_free_prodigy", 1)).toMatchObject({
      ...{ dropout: undefined, labelSmoothing: undefined },
    });
  });
});
