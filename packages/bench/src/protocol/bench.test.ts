import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderHolder, lockFile } from "@steepest/files";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { findRuleset, type Ruleset } from "../scoring/rules/ruleset.js";
import { readTargets } from "../scoring/rules/targetsFile.js";
import { scoreLogs } from "../scoring/scoreLogs.js";
import { trialFiles } from "../trial/layout.js";
import { benchConfigurationSchema } from "./configuration.js";
import { diskOf, estimateBench } from "./estimate.js";
import { exportBench } from "./export.js";
import { type BenchPlan, planBench } from "./plan.js";
import { rulesetOfPlan } from "./ruleset.js";
import { type BenchEvent, runBench, runBenchTrial } from "./run.js";
import { type BenchStatus, benchStatus } from "./status.js";
import { countTrials, folderOfTrial, trialOf } from "./trials.js";

process.env.STEEPEST_OFFLINE = "1";

let root: string;
beforeAll(
  temporaryFolder((path) => {
    root = path;
  }),
);

const configured = (changes: object) =>
  benchConfigurationSchema.parse({
    ...{ name: "b", workloads: ["least-squares"], submissions: ["baseline"], ...changes },
  });

/** Short trials with a target that most of them reach on the way, on the steps' clock. */
async function shortPlan(changes: object = {}): Promise<BenchPlan> {
  const budget = { steps: 60, stepHint: 60, evaluateEvery: 10 };
  const plan = await planBench(
    configured({
      ...{ heldOut: ["least-squares_noise"], submissions: ["baseline", "sgd:lr=0.0003"] },
      ...{ studies: 2, trials: 2, clock: "steps" },
      budgets: { "least-squares": budget, "least-squares_noise": budget },
      ...changes,
    }),
  );
  const workloads = plan.workloads.map(({ testTarget, ...workload }) => ({ ...workload, target: 0.05 }));
  return { ...plan, workloads };
}

async function finish(
  folder: string,
  plan: BenchPlan,
  workers = 2,
): Promise<{ readonly events: readonly BenchEvent[]; readonly status: BenchStatus }> {
  const events: BenchEvent[] = [];
  for (const run = runBench(folder, plan, { workers }); ; ) {
    const next = await run.next();
    if (next.done === true) return { events, status: next.value };
    events.push(next.value);
  }
}

describe("planBench", () => {
  it("draws one held-out variant of each workload by the seed", async () => {
    const drawn = async (seed: number) => {
      const { workloads } = await planBench(configured({ heldOut: "draw", seed }));
      return workloads.map(({ name, base }) => [name, base]);
    };
    const [base, variant] = await drawn(1);
    expect(base).toEqual(["least-squares", undefined]);
    expect(variant?.[1]).toBe("least-squares");
    expect(await drawn(1)).toEqual([base, variant]);
  });

  it("lengthens budgets under self-tuning, where a study is one trial", async () => {
    const self = { rules: "self", submissions: ["self_tuning_baseline"], selfTuningBudget: 2 };
    const own = await planBench(configured({ submissions: ["self_tuning_baseline"] }));
    const plan = await planBench(configured(self));
    expect(plan.workloads[0]?.steps).toBe(2 * (own.workloads[0]?.steps ?? 0));
    expect(plan.workloads[0]?.stepHint).toBe(own.workloads[0]?.stepHint);
    expect(countTrials(plan)).toBe(3);
  });

  it("takes a bare optimizer too, and a submission before an optimizer of its name", async () => {
    const { submissions } = await planBench(configured({ submissions: ["adam", "muon"] }));
    expect(submissions.map(({ name, source }) => [name, source.kind])).toEqual([
      ["adam", "optimizer"],
      ["muon", "module"],
    ]);
  });

  it.each([
    [{ workloads: ["least-square"] }, /unknown workload "least-square".*"least-squares"/],
    [{ heldOut: ["least-squares_nois"] }, /unknown held-out variant .*Did you mean "least-squares_noise"/],
    [{ budgets: { "least-square": { steps: 1 } } }, /budgets "least-square".*Did you mean "least-squares"/],
    [{ submissions: ["baselin"] }, /unknown submission "baselin".*Did you mean "baseline"/],
    [{ submissions: ["adamm:lr=1"] }, /unknown optimizer "adamm".*Did you mean "adam"/],
    [{ submissions: ["baseline", "baseline"] }, /"baseline" is given twice/],
    [{ submissions: ["baseline", "baseline=adam"] }, /"baseline" is given twice/],
    [
      { budgets: { "least-squares": { steps: 10, evaluateEvery: 20 } } },
      /least-squares would be evaluated every 20 steps in a budget of 10/,
    ],
    [{ rules: "self" }, /baseline brings hyper-parameters to choose from/],
  ])("refuses %j", async (changes, message) => {
    await expect(planBench(configured(changes))).rejects.toThrow(message);
  });
});

/** The usual one: twelve trials. */
let plan: BenchPlan;
beforeAll(async () => {
  plan = await shortPlan();
});

describe("a bench", () => {
  let folder: string;
  beforeAll(async () => {
    folder = join(root, "bench");
    await finish(folder, plan);
  }, 120_000);

  it("runs every trial once, and nothing of what is complete again", async () => {
    expect(benchStatus(folder, plan)).toMatchObject({
      total: 12,
      counts: { completed: 12, diverged: 0, failed: 0, begun: 0, absent: 0 },
      submissions: [{ counts: { completed: 8 } }, { counts: { completed: 4 } }],
      missing: [],
    });
    const again = await finish(folder, plan);
    expect(again.events.map(({ kind }) => kind)).toEqual(["begin"]);
    await expect(finish(folder, { ...plan, seed: 1 })).rejects.toThrow(
      /holds another bench: its seed differ/,
    );
    // Who carries it out may change.
    const other: BenchPlan = { ...plan, engine: { kind: "local", workers: 1 } };
    expect((await finish(folder, other)).events).toHaveLength(1);
  });

  it("is scored alike by its plan, by its trials' flags, and in the official form", async () => {
    const figures = async (path: string, rules: Ruleset) => {
      const { submissions, cells, workloads } = await scoreLogs(path, rules, { replicates: 200 });
      return {
        submissions: submissions.map(({ name, score, interval, rank }) => ({ name, score, interval, rank })),
        cells: new Map(
          cells.map(({ submission, workload, seconds, ratio }) => [
            `${submission} ${workload}`,
            [seconds, ratio],
          ]),
        ),
        bases: new Map(workloads.map(({ name, base }) => [name, base])),
      };
    };
    const own = await figures(folder, rulesetOfPlan(plan));
    expect(own.submissions.some(({ score }) => score > 0)).toBe(true);
    expect(own.bases.get("least-squares_noise")).toBe("least-squares");
    expect([...own.cells.values()].flat()).toContain(30);
    expect(await figures(folder, findRuleset("v0.5"))).toEqual(own);

    const official = join(root, "official");
    const { logs, targets } = await exportBench(folder, plan, official);
    expect(logs).toBe(12);
    expect(await figures(official, await readTargets(targets, "v0.5"))).toEqual(own);
    await expect(exportBench(folder, plan, official)).rejects.toThrow(/is not empty/);

    // The official scorer knows no budgets: what came too late must not be in what it reads.
    const strict = {
      ...plan,
      workloads: plan.workloads.map((workload) => ({ ...workload, steps: 30 })),
    };
    const late = join(root, "late");
    const exported = await exportBench(folder, strict, late);
    const strictly = await figures(folder, rulesetOfPlan(strict));
    expect(strictly).not.toEqual(own);
    expect(await figures(late, await readTargets(exported.targets, "v0.5"))).toEqual(strictly);
  });

  it("predicts time by a warm-up, and the disk that its logs take", async () => {
    const { cpuSeconds, bytes } = await estimateBench(plan);
    expect(cpuSeconds.expected).toBeGreaterThan(0);
    expect(cpuSeconds.low).toBeLessThanOrEqual(cpuSeconds.expected);
    expect(cpuSeconds.high).toBeGreaterThanOrEqual(cpuSeconds.expected);
    expect(bytes).toBe(diskOf(plan));
    const log = await readFile(join(folderOfTrial(folder, trialOf(plan, 0)), "measurements.csv"));
    expect(bytes / countTrials(plan)).toBeGreaterThan(log.length);
  }, 60_000);
});

describe("a coordinator that was held up", () => {
  it("starts no trial any more where another has taken its bench over", async () => {
    const folder = join(root, "overtaken");
    const run = runBench(folder, plan, { workers: 1 });
    expect((await run.next()).value).toMatchObject({ kind: "begin" });
    const other = { pid: 7, host: "another", place: "elsewhere" };
    await writeFile(join(folder, lockFile), JSON.stringify(other));
    await expect(run.next()).rejects.toThrow(/was taken over by process 7 on another/);
    expect(await folderHolder(folder)).toMatchObject({ pid: 7, host: "another" });
  }, 60_000);
});

describe("a trial of a bench", () => {
  it("is run once where two processes are told to run it", async () => {
    const folder = join(root, "twice");
    const [first, second] = await Promise.all([0, 0].map((index) => runBenchTrial(folder, plan, index)));
    expect(first).toMatchObject({ kind: "completed" });
    expect(second).toEqual(first);
    expect(benchStatus(folder, plan).counts).toMatchObject({ completed: 1, failed: 0, begun: 0 });
  }, 60_000);

  it("that fails is tried three times, recorded with its reason, and due again", async () => {
    const module = join(root, "broken.mjs");
    await writeFile(
      module,
      `export const submission = {
        name: "broken", title: "Broken", tuning: { kind: "self", hyperparameters: {} },
        cite: { authors: "A", year: 2020, title: "T", url: "https://example.org" },
        getBatchSize: ({ defaultBatchSize }) => defaultBatchSize,
        initOptimizerState() { throw new Error("out of ideas"); },
        updateParams: () => undefined, dataSelection: ({ step }) => step, prepareForEval: () => undefined,
      };`,
    );
    const plan = await shortPlan({ submissions: [module], heldOut: "none", studies: 1, budgets: {} });
    const folder = join(root, "broken");
    const { events, status } = await finish(folder, plan);
    expect(events.filter(({ kind }) => kind === "retried")).toHaveLength(2);
    expect(status).toMatchObject({ counts: { failed: 1 }, missing: [0] });
    const record = await readFile(join(folderOfTrial(folder, trialOf(plan, 0)), trialFiles.failure), "utf8");
    expect(JSON.parse(record)).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("out of ideas"),
    });
    expect((await finish(folder, plan)).events.some(({ kind }) => kind === "started")).toBe(true);
  }, 60_000);

  it("that breaks a rule is tried once, as it would break it again", async () => {
    const module = join(root, "my+cheat.mjs");
    await writeFile(
      module,
      `export const submission = {
        name: "cheat", title: "Asks for the name", tuning: { kind: "self", hyperparameters: {} },
        cite: { authors: "A", year: 2020, title: "T", url: "https://example.org" },
        getBatchSize: ({ name }) => (name === "least-squares" ? 1 : 2),
        initOptimizerState: () => ({}),
        updateParams: () => undefined, dataSelection: ({ step }) => step, prepareForEval: () => undefined,
      };`,
    );
    const plan = await shortPlan({ submissions: [module], heldOut: "none", studies: 1, budgets: {} });
    const { events, status } = await finish(join(root, "cheat"), plan);
    expect(events.map(({ kind }) => kind)).toEqual(["begin", "started", "finished"]);
    expect(status.counts).toMatchObject({ failed: 1 });
  }, 60_000);

  it("whose result is damaged is due, and stays as it is until somebody mends it", async () => {
    const made = await shortPlan({ submissions: ["baseline"], trials: 1, studies: 1 });
    // Reached at once.
    const plan = { ...made, workloads: made.workloads.map((workload) => ({ ...workload, target: 1e9 })) };
    const folder = join(root, "damaged");
    // By one worker, which loads the data once.
    expect((await finish(folder, plan, 1)).status.submissions).toMatchObject([
      { counts: { completed: 2 }, reached: 2 },
    ]);
    const result = join(folderOfTrial(folder, trialOf(plan, 1)), "result.json");
    const text = await readFile(result, "utf8");
    await writeFile(result, text.slice(0, 100));
    const damaged = benchStatus(folder, plan);
    expect(damaged).toMatchObject({
      counts: { completed: 1, damaged: 1 },
      submissions: [{ reached: 1 }],
      missing: [1],
    });
    expect(damaged.trials[1]?.damage).toMatch(/trial_1\/result\.json is damaged/);

    const { events, status } = await finish(folder, plan);
    expect(events.map(({ kind }) => kind)).toEqual(["begin", "started", "finished"]);
    expect(status).toEqual(damaged);
    await writeFile(result, text);
    expect(benchStatus(folder, plan).missing).toEqual([]);
  }, 60_000);
});
