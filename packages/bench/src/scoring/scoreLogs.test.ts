import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ruleset } from "./rules/ruleset.js";
import { readTargets } from "./rules/targetsFile.js";
import { type ScoreLogsOptions, type ScoreReport, scoreLogs } from "./scoreLogs.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "steepest-score-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const ruleset: Ruleset = {
  name: "test",
  studies: 1,
  trials: 1,
  selfTuningBudget: 3,
  workloads: [
    { name: "a", metric: "validation/loss", direction: "min", target: 0.5, budget: 100 },
    { name: "b", metric: "validation/accuracy", direction: "max", target: 0.5, budget: 100 },
    {
      name: "b_wide",
      metric: "validation/accuracy",
      direction: "max",
      target: 0.5,
      budget: 100,
      base: "b",
    },
  ],
};

const header = "global_step,score,validation/loss,validation/accuracy";

/** A log that reaches every target at a time, after some evaluations; never where the time is infinite. */
function reaching(seconds: number, before = 1): string {
  const rows = Array.from({ length: before }, (_, i) => `${i + 1},${i + 1},0.9,0.1`);
  return `${[header, ...rows, ...(Number.isFinite(seconds) ? [`50,${seconds},0.4,0.6`] : [])].join("\n")}\n`;
}

async function write(path: string, text: string): Promise<void> {
  const folder = join(root, path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "eval_measurements.csv"), text);
}

const score = (options: ScoreLogsOptions = {}, rules = ruleset): Promise<ScoreReport> =>
  scoreLogs(root, rules, { replicates: 20, ...options });

const cell = ({ cells }: ScoreReport, submission: string, workload: string) =>
  cells.find((found) => found.submission === submission && found.workload === workload);

describe("scoring a folder", () => {
  it("explains every kind of cell", async () => {
    for (const [submission, workload, seconds] of [
      ["quick", "a", 10],
      ["quick", "b", 10],
      ["quick", "b_wide", 10],
      ["slow", "a", 41],
      ["slow", "b", 12],
      ["slow", "b_wide", Number.POSITIVE_INFINITY],
      ["late", "a", 101],
      ["late", "b_wide", 10],
      ["lost", "a", Number.POSITIVE_INFINITY],
      ["lost", "b", 11],
    ] as const)
      await write(`${submission}/study_0/${workload}_jax/trial_1`, reaching(seconds));
    const report = await score({ mode: "exact" });
    expect(report.damage).toEqual([]);
    expect(report.submissions.map(({ name, score, rank }) => [name, score, rank])).toEqual([
      ["quick", 1, 1],
      ["late", 0, 2],
      ["lost", 0, 2],
      ["slow", 0, 2],
    ]);
    expect(cell(report, "quick", "a")).toEqual({
      ...{ submission: "quick", workload: "a", kind: "solved", seconds: 10, ratio: 1 },
      reason: "the only study: study_0/a_jax/trial_1 at line 3 (step 50, 10 s)",
      arrival: { reached: 1, studies: 1, text: "1 of 1 study reached the target" },
    });
    const reasons = [
      ["slow", "a", "4x rule: 41 s is 4.1 times the 10 s of quick, more than 4"],
      [
        "slow",
        "b",
        "held-out rule: 12 s counts only where its variant is solved, and b_wide does not (no target: 0 of 1 study reached validation/accuracy >= 0.5; of the others the nearest is 0.1 in study_0/b_wide_jax/trial_1)",
      ],
      [
        "late",
        "a",
        "over budget: 0 of 1 study reached validation/loss <= 0.5 within 100 s; study_0/a_jax/trial_1 did at 101 s (line 3)",
      ],
      ["late", "b", "missing: no usable log"],
      [
        "late",
        "b_wide",
        "held-out rule: 10 s counts only where its base workload is solved, and b does not (missing: no usable log)",
      ],
      [
        "lost",
        "a",
        "no target: 0 of 1 study reached validation/loss <= 0.5; of the others the nearest is 0.9 in study_0/a_jax/trial_1",
      ],
    ] as const;
    for (const [submission, workload, reason] of reasons)
      expect(cell(report, submission, workload)).toMatchObject({ ratio: Number.POSITIVE_INFINITY, reason });
    expect(report.irregularities).toEqual([
      { where: "late", text: "no log of b" },
      { where: "lost", text: "no log of b_wide" },
    ]);
    const plain = await score({ mode: "exact", heldOut: false });
    expect(plain.workloads.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(plain.submissions.find(({ name }) => name === "slow")?.score).toBeCloseTo((4 - 1.2) / 6, 12);
  });

  it("takes the trial with the fewest evaluations, or exactly the fastest; ties go to the fastest", async () => {
    await write("s/study_0/a_jax/trial_1", reaching(40, 1));
    await write("s/study_0/a_jax/trial_2", reaching(30, 1));
    await write("s/study_0/a_jax/trial_3", reaching(20, 2));
    expect(cell(await score(), "s", "a")?.seconds).toBe(30);
    expect(cell(await score({ mode: "exact" }), "s", "a")?.seconds).toBe(20);
  });

  it("takes the median of the studies that exist, an even count averaged", async () => {
    for (const [study, seconds] of [10, 20, 40, Number.POSITIVE_INFINITY].entries())
      await write(`s/study_${study}/a_pytorch/trial_1`, reaching(seconds));
    expect(cell(await score(), "s", "a")).toMatchObject({
      seconds: 30,
      reason:
        "the median of 4 studies: study_1/a_pytorch/trial_1 at line 3 (step 50, 20 s) and study_2/a_pytorch/trial_1 at line 3 (step 50, 40 s)",
    });
  });

  it("says beside the official median what all studies say of the time, late ones as never arrived", async () => {
    for (const [study, seconds] of [10, 20, 40, 101].entries())
      await write(`s/study_${study}/a_pytorch/trial_1`, reaching(seconds));
    await write("s/study_0/b_jax/trial_1", reaching(Number.POSITIVE_INFINITY));
    const report = await score();
    const { seconds, arrival } = cell(report, "s", "a") ?? {};
    expect(seconds).toBe(30);
    expect(arrival).toMatchObject({
      ...{ reached: 3, studies: 4 },
      median: { estimate: 20, low: 10, high: Number.POSITIVE_INFINITY },
      text: "3 of 4 studies reached the target; the median by Kaplan and Meier is 20 s (95 %: 10 s to beyond the budget)",
    });
    expect(cell(report, "s", "b")?.arrival).toEqual({
      ...{ reached: 0, studies: 1, text: "0 of 1 study reached the target" },
    });
    await write("t/study_0/a_jax/trial_1", reaching(10));
    expect(cell(await score(), "t", "b")).not.toHaveProperty("arrival");
  });

  it("reports damaged logs with file and line, and scores the rest", async () => {
    await write("s/study_0/a_jax/trial_1", `${reaching(10)}60,`);
    await write("s/study_0/b_jax/trial_1", "global_step,score\n1,2\n");
    await write("t/study_0/b_jax/trial_1", reaching(10));
    await symlink("/etc/passwd", join(root, "t/study_0/b_jax/eval_measurements.csv"));
    await symlink(root, join(root, "loop"));
    const report = await score();
    expect(report.damage).toEqual([
      { path: "loop", text: "is a symbolic link, which is not followed" },
      {
        path: "s/study_0/a_jax/trial_1/eval_measurements.csv",
        line: 4,
        text: "the row has 2 of 4 cells: it is truncated",
      },
      {
        path: "s/study_0/b_jax/trial_1/eval_measurements.csv",
        line: 1,
        text: "the column validation/accuracy is missing",
      },
      { path: "t/study_0/b_jax/eval_measurements.csv", text: "is a symbolic link, which is not followed" },
    ]);
    expect(report.submissions.map(({ name, score: own }) => [name, own])).toEqual([
      ["s", 0.5],
      ["t", 0.5],
    ]);
    expect(cell(report, "s", "b")?.reason).toBe("missing: no usable log");
  });

  it("lists irregular studies, trials, places, frameworks and foreign workloads", async () => {
    await write("s/study_0/a_jax/trial_1", reaching(10));
    await write("s/study_0/a_jax/trial_2", reaching(11));
    await write("s/study_0/b_jax/trial_1", reaching(10));
    await write("s/study_1/b_pytorch/trial_1", reaching(10));
    await write("s/study_0/trial_1", reaching(10));
    await write("s/study_0/strange_jax/trial_1", reaching(10));
    const { irregularities, submissions } = await score();
    expect(submissions[0]?.score).toBe(1);
    expect(irregularities.map(({ where, text }) => `${where}: ${text}`)).toEqual([
      "s, a: 2 trials instead of 1 in study_0",
      "s, b: 2 studies instead of 1",
      "s, b: logs of several frameworks: b_jax, b_pytorch",
      "strange: is no workload of the rules: 1 log ignored",
      "s/study_0/trial_1/eval_measurements.csv: lies outside <submission>/study_<i>/<workload>_<framework>/trial_<j>; ignored",
    ]);
  });

  it("scores external and self-tuning apart, the latter within its longer budget", async () => {
    await write("external_tuning/s/study_0/a_jax/trial_1", reaching(10));
    await write("self_tuning/s/study_0/a_jax/trial_1", reaching(290));
    await expect(score()).rejects.toThrow(/both external and self-tuning.*--tuning external/);
    const own = await score({ tuning: "self" });
    expect([own.tuning, cell(own, "s", "a")?.seconds]).toEqual(["self", 290]);
    expect(cell(await score({ tuning: "external" }), "s", "a")?.seconds).toBe(10);
    await rm(join(root, "external_tuning"), { recursive: true });
    expect((await score()).tuning).toBe("self");
    await write("self_tuning/s/study_0/a_jax/trial_1", reaching(301));
    expect(cell(await score(), "s", "a")?.reason).toMatch(/^over budget: .* within 300 s/);
  });

  it("takes a single submission's folder, and its name from it", async () => {
    await write("mine/study_0/a_jax/trial_1", reaching(10));
    const report = await scoreLogs(join(root, "mine"), ruleset, { replicates: 5 });
    expect(report.submissions.map(({ name }) => name)).toEqual(["mine"]);
  });

  it("scores this project's own trials against the targets that they name", async () => {
    for (const [submission, seconds] of [
      ["adam:lr=0.1", 10],
      ["sgd", 20],
    ] as const) {
      const trial = `${submission}/study_1/net_steepest/trial_1`;
      await write(trial, reaching(seconds));
      await writeFile(join(root, trial, "flags_0.json"), JSON.stringify({ workload: "net", target: 0.55 }));
    }
    const report = await score({ mode: "exact" });
    expect(report.rules).toBe("the runs' own targets");
    expect(report.workloads).toEqual([
      { name: "net", metric: "validation/accuracy", direction: "max", target: 0.55 },
    ]);
    expect(report.submissions.map(({ name, score: own }) => [name, own])).toEqual([
      ["adam:lr=0.1", 1],
      ["sgd", 2 / 3],
    ]);
    expect(report.irregularities).toEqual([]);
  });

  it("says what it expected where there is nothing to score", async () => {
    await expect(score()).rejects.toThrow(/holds no log of a workload of test.*Expected <submission>/);
    await write("s/study_0/other_jax/trial_1", reaching(10));
    await expect(score()).rejects.toThrow(/only of other/);
    await expect(scoreLogs(join(root, "nowhere"), ruleset)).rejects.toThrow(/nowhere" cannot be read/);
    await writeFile(join(root, "notes.txt"), "x");
    await expect(scoreLogs(join(root, "notes.txt"), ruleset)).rejects.toThrow(
      /neither a folder nor a .tar.gz/,
    );
    await expect(score({ tauMax: 1 })).rejects.toThrow(/beyond 1, found 1/);
  });
});

describe("a targets file", () => {
  const target = {
    metric: "validation/loss",
    direction: "min",
    validation_target: 0.5,
    max_runtime_s_external: 9,
  };
  const read = async (content: unknown) => {
    const path = join(root, "targets.json");
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    return readTargets(path, "v0.5");
  };

  it("may hold base and held-out workloads, alone or under the name of the rules", async () => {
    const file = { studies: 3, base: { a: target }, held_out: { a_wide: { ...target, base: "a" } } };
    const { name, ...alone } = await read(file);
    expect(name).toBe("targets.json");
    expect(alone).toMatchObject({ studies: 3, workloads: [{ name: "a", budget: 9 }, { base: "a" }] });
    expect(await read({ "v0.5": file, more: 1 })).toEqual({ name: "v0.5", ...alone });
  });

  it("may be that of the official scorer, whose variants go by their names", async () => {
    const { workloads } = await read({
      a: { target_metric_name: "wer", validation_target_value: 0.1, step_hint: 10 },
      a_wide: { target_metric_name: "accuracy", validation_target_value: 0.2 },
    });
    expect(workloads).toEqual([
      { name: "a", metric: "validation/wer", direction: "min", target: 0.1, stepHint: 10 },
      { name: "a_wide", metric: "validation/accuracy", direction: "max", target: 0.2, base: "a" },
    ]);
  });

  it.each([
    ["no JSON", "{", /is not JSON/],
    ["no workload", { base: {} }, /names no workload/],
    [
      "a variant of nothing",
      { base: { a: target }, held_out: { b: { ...target, base: "c" } } },
      /"c", the base of b/,
    ],
    ["a missing target", { base: { a: { metric: "x" } } }, /targets\.json/],
  ])("with %s is explained", async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it("that is not there is explained", async () => {
    await expect(readTargets(join(root, "none.json"), "v0.5")).rejects.toThrow(/none.json" cannot be read/);
  });
});
