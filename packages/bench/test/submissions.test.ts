import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Optimizer, parseOptimizerSpec } from "@steepest/optim";
import { type Measurement, type RunResult, resumeRun, train } from "@steepest/train";
import { findWorkload } from "@steepest/workloads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type Hyperparameters,
  loadSubmission,
  methodOf,
  submissionNames,
  tuningPoints,
} from "../src/submission/index.js";
import { initialOf, pointsOf, toyParameters, toyRun } from "./methods.js";

/** Those of the leaderboard, which the published hyper-parameters are of. */
const leaderboard = [
  ...["amos", "baseline", "caspr_adaptive", "cyclic_lr", "generalized_adam", "lawa_ema", "lawa_queue"],
  ...["nadamp", "schedule_free_adamw", "schedule_free_prodigy", "shampoo_submission"],
];

describe("registered submissions", () => {
  it("are the modules of their folder, sorted", () => {
    const files = readdirSync(new URL("../submissions", import.meta.url))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -3));
    expect(submissionNames).toEqual(files.toSorted());
    expect(submissionNames).toEqual([...submissionNames].sort());
  });

  it("are named as their modules, and those of the leaderboard have five points", async () => {
    for (const name of submissionNames) {
      const submission = await loadSubmission(name);
      expect(submission.name).toBe(name);
      expect(submission.cite.url).toMatch(/^https:/);
      if (leaderboard.includes(name)) expect(pointsOf(submission)).toHaveLength(5);
      else expect(submission.tuning.kind).toBe("self");
    }
  });

  describe.each(submissionNames)("%s", (name) => {
    it("trains at each of its points, and goes on with the same bits where it was saved", async () => {
      const submission = await loadSubmission(name);
      for (const [index, point] of pointsOf(submission).entries()) {
        const stepHint = 12;
        const whole = await toyRun(submission, { point, stepHint });
        const losses = await whole.steps(1, 9);
        expect(losses.every(Number.isFinite)).toBe(true);
        expect(whole.values()).not.toEqual(
          Float32Array.from(toyParameters.flatMap((p) => [...initialOf(p)])),
        );
        expect(whole.batches).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        // One point in the middle is enough for each of them; where differs.
        const stop = 3 + index;
        const first = await toyRun(submission, { point, stepHint });
        await first.steps(1, stop);
        const second = await toyRun(submission, { point, stepHint });
        second.method.loadState(first.method.saveState());
        for (const { name: parameter } of toyParameters)
          second.method.parameter(parameter).set(first.method.parameter(parameter));
        expect(await second.evaluated()).toEqual(await first.evaluated());
        await second.steps(stop + 1, 9);
        expect(second.values()).toEqual(whole.values());
        expect(await second.evaluated()).toEqual(await whole.evaluated());
        for (const run of [whole, first, second]) await run.method.release();
      }
    });
  });
});

const published = new URL("../../../../shared/data/algoperf/hparams.json.gz", import.meta.url);
const point = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));
const hparams = z.object({
  algoperf_v05: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.record(z.string(), point)))),
});

describe("published hyper-parameters", () => {
  it.skipIf(!existsSync(published))(
    "are those of the trials in the logs of the first competition (skipped without shared/data/algoperf)",
    async () => {
      const text = gunzipSync(readFileSync(published)).toString();
      const { algoperf_v05: submissions } = hparams.parse(JSON.parse(text));
      expect(Object.keys(submissions).toSorted()).toEqual(leaderboard);
      for (const [name, studies] of Object.entries(submissions)) {
        const own = pointsOf(await loadSubmission(name));
        for (const workloads of Object.values(studies))
          for (const [workload, trials] of Object.entries(workloads))
            for (const [trial, values] of Object.entries(trials)) {
              const ours = own[Number(trial.replace("trial_", "")) - 1];
              // Which ran with the baseline's first point there.
              const strayed = name === "nadamp" && workload === "imagenet_resnet_jax" && trial === "trial_1";
              expect(values).toEqual(strayed ? pointsOf(await loadSubmission("baseline"))[0] : ours);
            }
      }
    },
  );
});

describe("tuningPoints", () => {
  it("takes the first points of a list, and the one of a self-tuning submission", async () => {
    const baseline = await loadSubmission("baseline");
    for (const [trials, count] of [
      [1, 1],
      [3, 3],
      [9, 5],
    ] as const)
      expect(tuningPoints(baseline, { trials, study: 2, seed: 1 })).toEqual(
        pointsOf(baseline).slice(0, count),
      );
    const own = await loadSubmission("lion");
    expect(tuningPoints(own, { trials: 5, study: 1, seed: 0 })).toEqual(pointsOf(own));
    expect(() => tuningPoints(own, { trials: 0, study: 1, seed: 0 })).toThrow(/0 trials/);
  });

  it("takes the first points of a sequence from a space, in an order that seed and study shuffle", () => {
    const space = {
      lr: { scaling: "log", min: 1e-4, max: 1e-2 },
      beta: { scaling: "linear", min: 0, max: 1 },
    } as const;
    const submission = { name: "s", tuning: { kind: "external", space } } as const;
    const order = (study: number, seed: number, sequence: "halton" | "sobol" = "halton") =>
      tuningPoints(submission, { trials: 5, study, seed, sequence });
    const sorted = (points: readonly object[]) => points.map((one) => JSON.stringify(one)).toSorted();
    const golden = z
      .object({ dims2: z.array(z.tuple([z.number(), z.number()])) })
      .parse(JSON.parse(readFileSync(new URL("../fixtures/halton.json", import.meta.url), "utf8")));
    const official = golden.dims2.map(([u, v]) => ({ lr: 1e-4 * Math.exp(u * Math.log(100)), beta: v }));
    expect(sorted(order(1, 0))).toEqual(sorted(official));
    expect(sorted(order(2, 5))).toEqual(sorted(official));
    expect(order(1, 0)).toEqual(order(1, 0));
    const orders = new Set(
      [1, 2, 3, 4].flatMap((study) => [0, 1].map((seed) => JSON.stringify(order(study, seed)))),
    );
    expect(orders.size).toBeGreaterThan(4);
    expect(sorted(order(1, 0, "sobol"))).toEqual(
      sorted(
        [0.5, 0.75, 0.25, 0.375, 0.875].map((u, i) => ({
          lr: 1e-4 * Math.exp(u * Math.log(100)),
          beta: [0.5, 0.25, 0.75, 0.375, 0.875][i],
        })),
      ),
    );
  });
});

describe("loadSubmission", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "submission-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const written = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const members = `
    export const name = "plain";
    export const title = "Plain";
    export const cite = { authors: "A", year: 2026, title: "T", url: "https://example.org" };
    export const tuning = { kind: "external", space: { lr: { scaling: "log", min: 0.01, max: 0.1 } } };
    export const getBatchSize = ({ defaultBatchSize }) => defaultBatchSize;
    export const initOptimizerState = ({ optimizer, hyperparameters }) =>
      ({ optimizer: optimizer("adam:lr=" + hyperparameters.lr) });
    export const dataSelection = ({ step }) => step;
    export const updateParams = async ({ state, gradient }) => {
      await gradient();
      await state.optimizer.stepAsync();
    };
    export const prepareForEval = () => undefined;
  `;

  it("takes a user's module that exports the five functions, or a submission", async () => {
    const plain = await loadSubmission(await written("plain.mjs", members));
    const run = await toyRun(plain, { point: { lr: 0.05 } });
    const losses = await run.steps(1, 30);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
    const whole = await written(
      "whole.mjs",
      `import * as all from "./plain.mjs"; export const submission = { ...all, name: "whole" };`,
    );
    expect((await loadSubmission(whole)).name).toBe("whole");
    expect(() => methodOf(plain, { lr: "0.05" }, { defaultBatchSize: 1, stepHint: 1 })).toThrow(
      /expected a number/,
    );
    expect(() => methodOf(plain, { lr: 1, beta: 2 }, { defaultBatchSize: 1, stepHint: 1 })).toThrow(/"beta"/);
    expect(() => methodOf(plain, {}, { defaultBatchSize: 1, stepHint: 1 })).toThrow(/lr is missing/);
  });

  it.each([
    ["lacks functions", `export const name = "x";`, /title, cite, tuning, getBatchSize, initOptimizerState/],
    ["has a number for one", `${members} export const submission = { name: "x" };`, /missing/],
    [
      "has a name that is none",
      `import * as all from "./plain.mjs"; export const submission = { ...all, name: "a/b" };`,
      /names the folder/,
    ],
    [
      "is tuned by nobody",
      `import * as all from "./plain.mjs"; export const submission = { ...all, tuning: { kind: "extern" } };`,
      /Did you mean "external"/,
    ],
    [
      "has points that differ",
      `import * as all from "./plain.mjs";
       export const submission = { ...all, tuning: { kind: "external", points: [{ a: 1 }, { b: 2 }] } };`,
      /a is missing/,
    ],
    [
      "has a range that is none",
      `import * as all from "./plain.mjs";
       export const submission = { ...all, tuning: { kind: "external", space: { lr: { min: 0, max: 1 } } } };`,
      /search range of lr/,
    ],
    [
      "has points and a space",
      `import * as all from "./plain.mjs";
       export const submission = { ...all, tuning: { kind: "external", points: [{ a: 1 }], space: {} } };`,
      /has points and space, expected one of them/,
    ],
    ["cannot be read", `export const = 3;`, /cannot be loaded/],
  ])("says what a module lacks that %s", async (title, text, message) => {
    await written("plain.mjs", members);
    const path = await written(`${title.replaceAll(/\W/g, "")}.mjs`, text);
    await expect(loadSubmission(path)).rejects.toThrow(message);
  });

  it("says how to find the line of what is no JavaScript", async () => {
    const path = await written("syntax.mjs", "export const = 3;");
    const fix = expect.stringContaining(`node --check ${JSON.stringify(path)}`);
    await expect(loadSubmission(path)).rejects.toMatchObject({ fix });
  });

  it("refuses unknown names with the nearest, and files that are not there", async () => {
    await expect(loadSubmission("basline")).rejects.toThrow(/Did you mean "baseline"/);
    await expect(loadSubmission("./nowhere.mjs")).rejects.toThrow(/cannot be loaded/);
  });
});

describe("a run", () => {
  const steps = 60;
  const registered = findWorkload("least-squares");
  // Its data are drawn once for all runs.
  let loading: ReturnType<typeof registered.load> | undefined;
  const load: typeof registered.load = (options) => {
    loading ??= registered.load(options);
    return loading;
  };
  const workload = { ...registered, load };
  const ended = async (run: AsyncGenerator<Measurement, RunResult>, onStep?: () => void) => {
    for (;;) {
      const next = await run.next();
      if (next.done === true) return next.value;
      if (next.value.kind === "step") onStep?.();
    }
  };
  const hashOf = (result: RunResult) =>
    result.outcome === "completed" ? result.parametersHash : result.outcome;

  it("of a submission is bit for bit that of its optimizer and schedule", async () => {
    const baseline = await loadSubmission("baseline");
    const [, , , point = {}] = pointsOf(baseline);
    const { method, batchSize } = methodOf(baseline, point, { defaultBatchSize: 64, stepHint: steps });
    const common = { workload, steps, batchSize, horizon: steps, seed: 5 };
    const { learning_rate, one_minus_beta1, beta2, weight_decay } = point;
    const optimizer = parseOptimizerSpec(
      `nadamw:lr=${learning_rate},beta1=${1 - Number(one_minus_beta1)},beta2=${beta2},weightDecay=${weight_decay}`,
    );
    const own = await ended(train({ ...common, optimizer, schedule: `cosine:steps=${steps},warmup=1` }));
    const submitted = await ended(train({ ...common, optimizer: method }));
    expect(hashOf(submitted)).toBe(hashOf(own));
    expect(hashOf(own)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["shampoo_submission", "schedule_free_prodigy", "single_worker_diloco"])(
    "of %s goes on from its folder with the same bits",
    async (name) => {
      const submission = await loadSubmission(name);
      const point = pointsOf(submission)[3] ?? pointsOf(submission)[0] ?? {};
      const { method, batchSize } = methodOf(submission, point, { defaultBatchSize: 64, stepHint: steps });
      const config = {
        workload,
        steps,
        batchSize,
        horizon: steps,
        seed: 5,
        optimizer: method,
        evaluateEvery: 40,
      };
      const whole = await ended(train(config));
      const folder = await mkdtemp(join(tmpdir(), "submission-run-"));
      try {
        const stopping = new AbortController();
        let seen = 0;
        const first = train({ ...config, folder, signal: stopping.signal });
        const stopped = await ended(first, () => {
          if (++seen === 4) stopping.abort();
        });
        expect(stopped.outcome).toBe("interrupted");
        const other = methodOf(submission, point, { defaultBatchSize: 64, stepHint: steps });
        const resumed = await ended(resumeRun(folder, { workload, method: other.method }));
        expect(hashOf(resumed)).toBe(hashOf(whole));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

describe("an optimizer's own memory", () => {
  it("is where its parameters live, so that nothing is copied in a step", async () => {
    const submission = await loadSubmission("muon");
    const seen: Optimizer[] = [];
    const { initOptimizerState } = submission;
    const spied = {
      ...submission,
      initOptimizerState: (context: Parameters<typeof initOptimizerState>[0]) =>
        initOptimizerState({
          ...context,
          optimizer: (choice, settings) => {
            const optimizer = context.optimizer(choice, settings);
            seen.push(optimizer);
            return optimizer;
          },
        }),
    };
    const run = await toyRun(spied);
    const [muon, pair] = seen;
    expect(muon?.parameters.map(({ name }) => name)).toEqual(["hidden.weight", "head.weight"]);
    expect(muon?.parameters.map(({ role }) => role)).toEqual(["hiddenMatrix", "hiddenMatrix"]);
    expect(pair?.parameters.map(({ name }) => name)).toEqual(["hidden.bias", "table"]);
    expect(run.method.parameter("head.weight")).toBe(muon?.parameter("head.weight"));
    expect(run.method.gradient("table")).toBe(pair?.gradient("table"));
    expect(run.method.evaluationParameter("table")).toBe(pair?.parameter("table"));
    await run.method.release();
  });
});

describe("a setting", () => {
  it.each(["cautious_nadamw", "muon", "single_worker_diloco"])(
    "%s: is what the run is handed, not what the module holds",
    async (name) => {
      const submission = await loadSubmission(name);
      const [own = {}] = pointsOf(submission);
      const trainedAt = async (point: Hyperparameters) => {
        const run = await toyRun(submission, { point });
        await run.steps(1, 3);
        const values = run.values();
        await run.method.release();
        return values;
      };
      const doubled = { ...own, learning_rate: 2 * Number(own.learning_rate) };
      expect(await trainedAt(doubled)).not.toEqual(await trainedAt(own));
    },
  );
});
