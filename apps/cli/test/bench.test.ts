import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { folderHolder, lockFolder } from "@steepest/files";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "./run.js";
import { typed } from "./typed.js";
import { workingFolder } from "./workingFolder.js";

let root = "";
beforeAll(
  workingFolder((path) => {
    root = path;
  }),
);

/** A plan of two trials, short or long enough to be stopped: neither reaches its target. */
async function planFile(name: string, steps: number): Promise<string> {
  const path = join(root, `${name}.yaml`);
  await writeFile(
    path,
    `name: ${name}
workloads: [least-squares]
submissions: ["sgd:lr=1e-9", "adam:lr=1e-9"]
studies: 1
trials: 1
clock: steps
budgets: { least-squares: { steps: ${steps}, evaluateEvery: 20 } }
`,
  );
  return path;
}

const bench = (...args: readonly string[]) => typed("bench", ...args);

describe("steepest bench", () => {
  it("plans without a trace, runs, and says how it stands", async () => {
    const path = await planFile("short", 40);
    const planned = await bench("plan", path);
    expect(planned.stdout).toMatch(/^short: 2 submissions, 1 workload, 1 study, 2 trials\n/);
    expect(planned.stdout).toMatch(/At full budgets: \S+ hours of CPU \(\S+ to \S+\), so .* on \d+ worker/);
    expect(planned.stdout).toMatch(/On the disk: about \S+ MB/);
    expect((await bench("status", "runs/short")).stderr).toMatch(/there is no bench in "runs\/short"/);

    const ran = await bench("run", path, "--json");
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ rules: "short", workloads: ["least-squares"] });
    expect(ran.stderr).toMatch(/\[2\/2\] .* study 1 least-squares trial 1: target missed after 40 steps/);
    expect(await readFile(join(root, "runs/short/report.html"), "utf8")).toContain("bench score runs/short");

    const status = await bench("status", "runs/short", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({ total: 2, counts: { completed: 2 }, missing: 0 });
    expect((await bench("trial", "--plan", "runs/short/plan.json", "--index", "1")).stdout).toBe(
      "trial 1 completed\n",
    );
    const none = await bench("trial", "--plan", "runs/short", "--index", "2");
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/there is no trial 2.*from 0 to 1/)]);
    expect((await bench("cancel", "runs/short")).stdout).toBe("Nothing of this bench runs\n");

    const log = "sgd_lr=1e-9/study_1/least-squares_steepest/trial_1/eval_measurements.csv";
    await truncate(join(root, "runs/short", log), 60);
    const damaged = await bench("score", "runs/short");
    expect([damaged.code, damaged.stderr]).toEqual([4, expect.stringContaining(log)]);

    // Resuming cannot mend a result; it says what can.
    const trial = "adam_lr=1e-9/study_1/least-squares_steepest/trial_1";
    await truncate(join(root, "runs/short", trial, "result.json"), 60);
    const resumed = await bench("resume", "runs/short");
    expect([resumed.code, resumed.stderr]).toEqual([
      1,
      expect.stringMatching(
        /Damaged: trial 1: .*\nPut the files back, or .*\n1 of 2 trials done, 1 damaged; go on with:\n/,
      ),
    ]);
  }, 60_000);

  it("scores nothing where every trial failed, and says how to go on", async () => {
    await writeFile(
      join(root, "cheat.mjs"),
      `export const name = "cheat";
export const title = "Asks which workload it is";
export const cite = { authors: "Nobody", year: 2026, title: "A cheat", url: "" };
export const tuning = { kind: "external", points: [{}] };
export const getBatchSize = ({ name }) => (name === "least-squares" ? 1 : 2);
export const initOptimizerState = () => ({});
export const updateParams = () => undefined;
export const dataSelection = ({ step }) => step;
export const prepareForEval = () => undefined;
`,
    );
    const path = join(root, "failing.yaml");
    const plan = "name: failing\nworkloads: [least-squares]\nsubmissions: [./cheat.mjs]\nstudies: 1\n";
    await writeFile(path, plan);
    const { code, stdout, stderr } = await bench("run", path);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/1 failed; try the failed ones again with:\n {2}npx steepest bench resume/);

    // Interrupted before the failed trial, which another process has just now, was tried again.
    const trial = await lockFolder(join(root, "runs/failing/cheat/study_1/least-squares_steepest/trial_1"));
    const { child, finished } = start(["bench", "resume", "runs/failing"], root);
    await expect
      .poll(async () => (await folderHolder(join(root, "runs/failing")))?.pid, { timeout: 30_000 })
      .toBe(child.pid);
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
    await trial.release();
  }, 60_000);

  it("is cancelled from another process with checkpoints, and resumed", async () => {
    const path = await planFile("long", 200_000);
    const { child, finished } = start(["bench", "run", path, "--workers", "1"], root);
    await expect
      .poll(async () => JSON.parse((await bench("status", "runs/long", "--json")).stdout || "{}"), {
        timeout: 30_000,
      })
      .toMatchObject({ counts: { begun: 1 }, coordinator: { pid: child.pid } });
    await wait(200);
    const cancelled = await bench("cancel", "runs/long");
    expect(cancelled.stdout).toContain(`Ended process ${child.pid} and its workers`);
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Continue with:\n {2}npx steepest bench resume runs\/long/);
    const status = JSON.parse((await bench("status", "runs/long", "--json")).stdout);
    expect(status).toMatchObject({ counts: { completed: 0, failed: 0 }, coordinator: null });
  }, 60_000);

  it("says where a plan is wrong, and which option belongs to another engine", async () => {
    const path = join(root, "wrong.yaml");
    await writeFile(path, "name: wrong\nworkload: [least-squares]\nsubmissions: [baseline]\n");
    const wrong = await bench("plan", path);
    expect(wrong.stderr).toMatch(/wrong\.yaml:2:1: unknown key "workload"\. Did you mean "workloads"\?/);
    const named = join(root, "named.yaml");
    await writeFile(named, "name: named\nworkloads: [least-squares]\nsubmissions: [basline]\n");
    expect((await bench("plan", named)).stderr).toMatch(
      /named\.yaml: unknown submission "basline"\. Did you mean "baseline"\?/,
    );
    const short = await planFile("stray", 40);
    const stray = await bench("run", short, "--partition", "long");
    expect([stray.code, stray.stderr]).toEqual([
      2,
      expect.stringMatching(/partition is no option of .* local/),
    ]);
    const pods = await planFile("pods", 40);
    await writeFile(
      pods,
      `${(await readFile(pods, "utf8")).trim()}\nengine: { kind: kubernetes, image: steepest, claim: runs }\n`,
    );
    const [yaml, json] = [await bench("run", pods), await bench("run", pods, "--json")];
    expect([yaml.code, json.code]).toEqual([0, 0]);
    expect(yaml.stdout).toMatch(/^apiVersion: batch\/v1\nkind: Job\n/);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "Job", spec: { completions: 2 } });
    const bare = await bench("run", short, "--engine", "kubernetes");
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringMatching(/kubernetes needs image/)]);
  }, 60_000);
});
