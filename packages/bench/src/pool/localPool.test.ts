import { readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { isAlive } from "../../test/processes.js";
import type { OptimizerTrial } from "../trial/configuration.js";
import { readFailure, readOutcome } from "../trial/trial.js";
import { type PoolEvent, type PoolJob, type PoolOptions, runPool } from "./localPool.js";

// The workers are the built ones (npm run build); they inherit this, so that no test waits for a network.
process.env.STEEPEST_OFFLINE = "1";

const trial: OptimizerTrial = {
  workload: "least-squares",
  optimizer: "adam:lr=0.001",
  batchSize: 16,
  // Long enough that a worker is still at it when it is killed at its first evaluation.
  steps: 8000,
  seed: 0,
  target: 1e-9,
  evaluateEvery: 2000,
};
const evaluated = [2000, 4000, 6000, 8000];

let root: string;
beforeEach(
  temporaryFolder((path) => {
    root = path;
  }),
);

const job = (name: string, changes: Partial<OptimizerTrial> = {}): PoolJob => ({
  folder: join(root, name),
  trial: { ...trial, ...changes },
});

/** Runs a pool to its end, letting `react` act on what happens. */
async function drain(
  jobs: readonly PoolJob[],
  options: PoolOptions,
  react: (event: PoolEvent<PoolJob>) => void = () => undefined,
): Promise<readonly PoolEvent<PoolJob>[]> {
  const events: PoolEvent<PoolJob>[] = [];
  for await (const event of runPool(jobs, options)) {
    events.push(event);
    react(event);
  }
  return events;
}

/** The SHA-256 of the trained parameters, as the folder's result has it. */
async function bits({ folder }: PoolJob): Promise<string> {
  const outcome = await readOutcome(folder);
  return outcome?.kind === "completed"
    ? outcome.result.parametersHash
    : `no result: ${JSON.stringify(outcome)}`;
}

const evaluatedSteps = async ({ folder }: PoolJob): Promise<readonly number[]> => {
  const [header = "", ...rows] = (await readFile(join(folder, "eval_measurements.csv"), "utf8"))
    .trim()
    .split("\n");
  const column = header.split(",").indexOf("global_step");
  return rows.map((row) => Number(row.split(",")[column]));
};

/** Does something to a worker at the first event of a kind. */
const once = (kind: PoolEvent<PoolJob>["kind"], act: (worker: number) => void) => {
  let worker: number | undefined;
  let done = false;
  return (event: PoolEvent<PoolJob>) => {
    if (event.kind === "started") worker ??= event.worker;
    if (done || event.kind !== kind || worker === undefined) return;
    done = true;
    act(worker);
  };
};

describe("runPool", () => {
  /** Of a run of the trial that nothing disturbs. */
  let undisturbed = "";
  beforeAll(async () => {
    const remove = await temporaryFolder((path) => {
      root = path;
    })();
    const only = job("undisturbed");
    const events = await drain([only], { workers: 1 });
    expect(events.filter(({ kind }) => kind === "finished")).toHaveLength(1);
    undisturbed = await bits(only);
    await remove();
  }, 120_000);

  it("replaces workers that are killed or hang; the trials' bits are those of an undisturbed run", async () => {
    const [killed, hung] = [job("killed"), job("hung")];
    const [afterKill, afterHang] = await Promise.all([
      drain(
        [killed],
        { workers: 1 },
        once("progress", (worker) => process.kill(worker, "SIGKILL")),
      ),
      drain(
        [hung],
        { workers: 1, hangSeconds: 5 },
        once("progress", (worker) => process.kill(worker, "SIGSTOP")),
      ),
    ]);
    expect(afterKill.flatMap((event) => (event.kind === "retried" ? [event.reason] : []))).toEqual([
      "the worker ended by SIGKILL",
    ]);
    expect(afterHang.flatMap((event) => (event.kind === "retried" ? [event.reason] : []))).toEqual([
      "the worker hung for 5 s and was killed",
    ]);

    expect(await bits(killed)).toBe(undisturbed);
    expect(await bits(hung)).toBe(undisturbed);
    expect(await evaluatedSteps(killed)).toEqual(evaluated);
    expect(await evaluatedSteps(hung)).toEqual(evaluated);
  }, 120_000);

  it("stops on a signal, leaves no process and a folder that goes on to the same bits", async () => {
    const jobs = [job("a"), job("b", { seed: 1 }), job("c", { seed: 2 })];
    const stop = new AbortController();
    const workers = new Set<number>();
    const events = await drain(jobs, { workers: 2, signal: stop.signal }, (event) => {
      if (event.kind === "started" && event.worker !== undefined) workers.add(event.worker);
      if (event.kind === "progress") stop.abort();
    });
    const interrupted = events.filter(
      (event) => event.kind === "finished" && event.outcome.kind === "interrupted",
    );
    expect(interrupted.length).toBeGreaterThan(0);
    expect([...workers].filter(isAlive)).toEqual([]);

    await drain(jobs, { workers: 2 });
    expect(await bits(job("a"))).toBe(undisturbed);
    for (const one of jobs) expect(await evaluatedSteps(one)).toEqual(evaluated);
  }, 120_000);

  it("records a trial that keeps failing, with its log; one that diverges or is complete is left alone", async () => {
    const module = join(root, "dies.mjs");
    await writeFile(
      module,
      `export const name = "dies";
export const title = "Ends its process";
export const cite = { authors: "Nobody", year: 2026, title: "A failure", url: "" };
export const tuning = { kind: "external", points: [{}] };
export const getBatchSize = () => 2;
export const initOptimizerState = () => {
  console.error("the last words");
  process.exit(7);
};
export const updateParams = () => undefined;
export const dataSelection = ({ step }) => step;
export const prepareForEval = () => undefined;
`,
    );
    const { optimizer: _, ...rest } = trial;
    const dying: PoolJob = {
      folder: join(root, "dying"),
      trial: { ...rest, submission: module, hyperparameters: {} },
    };
    const fine = job("fine", { steps: 2, evaluateEvery: 2 });
    const wild = job("wild", { optimizer: "sgd:lr=1e30", steps: 40, evaluateEvery: 20 });
    const events = await drain([dying, fine, wild], { workers: 1, retries: 2 });
    expect(events.flatMap((event) => (event.kind === "retried" ? [event.job] : []))).toEqual([dying, dying]);
    const outcomes = events.flatMap((event) => (event.kind === "finished" ? [event.outcome] : []));
    expect(outcomes).toEqual([
      { kind: "failed", reason: "the worker ended with exit code 7", log: "the last words\n" },
      expect.objectContaining({ kind: "completed" }),
      expect.objectContaining({ kind: "diverged" }),
    ]);
    expect(await readFailure(dying.folder)).toEqual(outcomes[0]);
    expect(await readOutcome(wild.folder)).toMatchObject({ kind: "diverged" });

    const before = await readFile(join(fine.folder, "result.json"), "utf8");
    await drain([fine], { workers: 1 });
    expect(await readFile(join(fine.folder, "result.json"), "utf8")).toBe(before);
  }, 60_000);

  it("tries a trial once that fails alike at every attempt, and keeps a damaged result for people", async () => {
    const broken = job("broken", { optimizer: "adamm" });
    const damaged = job("damaged", { steps: 2, evaluateEvery: 2 });
    await drain([damaged], { workers: 1 });
    const path = join(damaged.folder, "result.json");
    await truncate(path, 100);
    const events = await drain([broken, damaged], { workers: 1, retries: 2 });
    expect(events.filter(({ kind }) => kind === "retried")).toEqual([]);
    const outcomes = events.flatMap((event) => (event.kind === "finished" ? [event.outcome] : []));
    expect(outcomes).toEqual([
      { kind: "failed", log: "", reason: expect.stringContaining('Did you mean "adam"') },
      {
        kind: "failed",
        log: "",
        reason: expect.stringMatching(/result\.json is damaged.* remove this trial/),
      },
    ]);
    expect((await stat(path)).size).toBe(100);

    await rm(path);
    await drain([damaged], { workers: 1 });
    expect(await readOutcome(damaged.folder)).toMatchObject({ kind: "completed" });
  }, 60_000);
});
