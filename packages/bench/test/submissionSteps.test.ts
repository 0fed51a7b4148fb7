import { describe, expect, it } from "vitest";
import type { Hyperparameters, Submission } from "../src/submission/index.js";
import { type Count, numbered, of, warmedCosine } from "./literals.js";
import { initialOf, toyParameters, toyRun } from "./methods.js";

/*
 * Steps that are not one of our optimizers alone, against the same one number at a time. The optimizers
 * themselves have tests of their own.
 */

/** Steps of one number at a time: its weight, its gradient and the step's number give the next weight. */
type Literal = () => (x: number, g: number, k: number) => number;

/** Runs a submission and the literal steps side by side on the toy's gradients. */
async function expectSteps(
  [submission, point]: readonly [Submission, Hyperparameters],
  steps: number,
  stepHint: number,
  literal: (schedule: Count) => Literal,
  schedule: Count,
): Promise<void> {
  const run = await toyRun(submission, { point, stepHint });
  const start = toyParameters.flatMap((parameter) => [...initialOf(parameter)]);
  const update = literal(schedule);
  const coordinates = start.map(() => update());
  let expected = start;
  for (let k = 1; k <= steps; k++) {
    await run.steps(k, k);
    const gradients = toyParameters.flatMap(({ name }) => [...run.method.gradient(name)]);
    expected = expected.map((x, i) => coordinates[i]?.(x, gradients[i] ?? Number.NaN, k) ?? Number.NaN);
  }
  for (const [i, x] of run.values().entries()) expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 5);
  await run.method.release();
}

const ema = (old: number, fresh: number, decay: number) => decay * old + (1 - decay) * fresh;

describe("steps", () => {
  it("baseline: NAdamW under its schedule", async () => {
    const chosen = await numbered("baseline", 4);
    const [, point] = chosen;
    const beta1 = 1 - of(point, "one_minus_beta1");
    const beta2 = of(point, "beta2");
    const literal =
      (schedule: Count): Literal =>
      () => {
        let [m, v] = [0, 0];
        return (x, g, k) => {
          [m, v] = [ema(m, g, beta1), ema(v, g * g, beta2)];
          const ahead = ema(m, g, beta1) / (1 - beta1 ** k);
          const direction = ahead / (Math.sqrt(v / (1 - beta2 ** k)) + 1e-8);
          return (
            x - of(point, "learning_rate") * schedule(k - 1) * (direction + of(point, "weight_decay") * x)
          );
        };
      };
    await expectSteps(chosen, 30, 100, literal, warmedCosine(100, 0.02));
  });

  it("cautious_nadamw: the same where the direction agrees with the gradient, over the share that does", async () => {
    const [submission, point] = await numbered("cautious_nadamw", 1);
    const stepHint = 100;
    const run = await toyRun(submission, { point, stepHint });
    const beta1 = 1 - of(point, "one_minus_beta1");
    const beta2 = of(point, "beta2");
    const schedule = warmedCosine(stepHint, of(point, "warmup_factor"));
    const own = toyParameters.map((parameter) => {
      const x = [...initialOf(parameter)];
      return { name: parameter.name, x, m: x.map(() => 0), v: x.map(() => 0) };
    });
    for (let k = 1; k <= 30; k++) {
      await run.steps(k, k);
      for (const state of own) {
        const g = [...run.method.gradient(state.name)];
        state.m = state.m.map((m, i) => ema(m, g[i] ?? 0, beta1));
        state.v = state.v.map((v, i) => ema(v, (g[i] ?? 0) ** 2, beta2));
        const ahead = state.m.map((m, i) => ema(m, g[i] ?? 0, beta1) / (1 - beta1 ** k));
        const mask = ahead.map((one, i): number => (one * (g[i] ?? 0) > 0 ? 1 : 0));
        const share = mask.reduce((sum, one) => sum + one, 0) / mask.length;
        state.x = state.x.map((x, i) => {
          const root = Math.sqrt((state.v[i] ?? 0) / (1 - beta2 ** k)) + 1e-8;
          const direction = ((ahead[i] ?? 0) * ((mask[i] ?? 0) / Math.max(share, 1e-3))) / root;
          return (
            x - of(point, "learning_rate") * schedule(k - 1) * (direction + of(point, "weight_decay") * x)
          );
        });
      }
    }
    const expected = own.flatMap(({ x }) => x);
    for (const [i, x] of run.values().entries()) expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 5);
  });

  it("shampoo_submission: momentum after the preconditioner, decay in it, before roots are computed", async () => {
    const stepHint = 1000;
    for (const trial of [3, 4]) {
      const chosen = await numbered("shampoo_submission", trial);
      const [, point] = chosen;
      const beta1 = 1 - of(point, "one_minus_beta1");
      const beta2 = 1 - of(point, "one_minus_beta2");
      const kept = 1 - of(point, "one_minus_momentum");
      const literal =
        (schedule: Count): Literal =>
        () => {
          let [m, v, momentum] = [0, 0, 0];
          return (x, g, k) => {
            [m, v] = [ema(m, g, beta1), ema(v, g * g, beta2)];
            const filtered = (point.use_nadam === true ? ema(m, g, beta1) : m) / (1 - beta1 ** k);
            const grafted =
              point.grafting_type === "SGD" ? filtered : filtered / (Math.sqrt(v / (1 - beta2 ** k)) + 1e-8);
            const direction = grafted + of(point, "weight_decay") * x;
            momentum = ema(momentum, direction, kept);
            return (
              x - of(point, "learning_rate") * schedule(k - 1) * ((1 - kept) * direction + kept * momentum)
            );
          };
        };
      await expectSteps(chosen, 40, stepHint, literal, warmedCosine(stepHint, 0.02));
    }
  });

  it("shampoo_submission: goes on past the first roots, and saves its momentum", async () => {
    const [submission, point] = await numbered("shampoo_submission", 4);
    const run = await toyRun(submission, { point, stepHint: 1000 });
    await run.steps(1, 99);
    const file = run.method.saveState();
    const before = run.values();
    const momentum = file.tensors.get("momentum of hidden.bias")?.data;
    await run.steps(100, 100);
    expect(momentum).toHaveLength(4);
    expect(run.values()).not.toEqual(before);
    expect(run.values().every(Number.isFinite)).toBe(true);
    await run.method.release();
  });

  it("shampoo_submission: leaves the weights as they were where a gradient is too large for it", async () => {
    const [submission, point] = await numbered("shampoo_submission", 3);
    const run = await toyRun(submission, { point, stepHint: 1000 });
    await run.steps(1, 5);
    const before = run.values();
    const huge = async (batch: number) => {
      const loss = await run.gradient(batch);
      run.method.gradient("hidden.weight").fill(1e25);
      return loss;
    };
    await expect(run.method.step(6, huge)).rejects.toThrow(/hidden\.weight/);
    expect(run.values()).toEqual(before);
    await run.method.release();
  });

  it("nadamw_sequential: begins anew from the initial weights after each step hint", async () => {
    const [submission, point] = await numbered("nadamw_sequential", 1);
    const stepHint = 10;
    const run = await toyRun(submission, { point, stepHint });
    const losses = await run.steps(1, 35);
    expect(losses[stepHint]).toBe(losses[0]);
    expect(losses[2 * stepHint]).toBe(losses[0]);
    expect(losses[3 * stepHint]).not.toBe(losses[0]);
    // Without noise each is what its setting is alone: nothing of the one before is left.
    const whole = await toyRun(submission, { point, stepHint, noise: 0 });
    const quiet = await whole.steps(1, 3 * stepHint);
    for (const [index, alone] of [
      await numbered("self_tuning_baseline", 1),
      await numbered("baseline", 1),
      await numbered("baseline", 2),
    ].entries()) {
      const run = await toyRun(alone[0], { point: alone[1], stepHint, noise: 0 });
      const own = quiet.slice(index * stepHint, (index + 1) * stepHint);
      for (const [i, loss] of (await run.steps(1, stepHint)).entries()) expect(own[i]).toBeCloseTo(loss, 5);
    }
  });

  it("single_worker_diloco: is evaluated where the last outer step ended", async () => {
    const [submission, point] = await numbered("single_worker_diloco", 1);
    const run = await toyRun(submission, { point, stepHint: 300 });
    const start = run.values();
    expect(await run.evaluated()).toEqual(start);
    await run.steps(1, 74);
    expect(await run.evaluated()).toEqual(start);
    await run.steps(75, 75);
    const outer = run.values();
    expect(outer).not.toEqual(start);
    expect(await run.evaluated()).toEqual(outer);
    await run.steps(76, 90);
    expect(run.values()).not.toEqual(outer);
    expect(await run.evaluated()).toEqual(outer);
  });

  it("lawa_queue and schedule_free_adamw: are evaluated at an average, and train on from where they were", async () => {
    for (const name of ["lawa_queue", "schedule_free_adamw"]) {
      const run = await toyRun((await numbered(name, 1))[0], { stepHint: 40 });
      await run.steps(1, 30);
      const trained = run.values();
      expect(await run.evaluated()).not.toEqual(trained);
      expect(run.values()).toEqual(trained);
    }
  });
});
