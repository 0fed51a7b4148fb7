import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../files/test/temporaryFolder.js";
import { type Cluster, noCluster, startCluster } from "../../../test/slurm/cluster.js";
import type { BatchEngine, EngineBench } from "../engine.js";
import { createSlurmEngine, slurmLogs, slurmSettingsSchema } from "./slurm.js";

if (noCluster !== undefined)
  process.stderr.write(`skipped: no Slurm to start, so its engine was not tried on one (${noCluster})\n`);

/**
 * Stands for `steepest bench trial`: counts to a number in its own folder, which takes a while, saves what it
 * counted when told to stop, and goes on from there.
 */
const standIn = `
const fs = require("node:fs");
const [, plan, , index] = process.argv.slice(4);
const at = (name) => plan + "/" + index + "." + name;
const { count, period } = JSON.parse(fs.readFileSync(plan + "/plan.json", "utf8"));
if (fs.existsSync(at("result"))) process.exit(0);
fs.appendFileSync(at("starts"), "start\\n");
let counted = fs.existsSync(at("checkpoint")) ? Number(fs.readFileSync(at("checkpoint"), "utf8")) : 0;
process.on("SIGTERM", () => {
  setTimeout(() => {
    fs.writeFileSync(at("checkpoint"), String(counted));
    process.exit(130);
  }, 300);
});
console.log("from", counted);
setInterval(() => {
  fs.appendFileSync(at("counted"), counted++ + "\\n");
  if (counted < count) return;
  fs.writeFileSync(at("result"), "");
  process.exit(0);
}, period);
`;

let root: string;
beforeAll(
  temporaryFolder((path) => {
    root = path;
  }),
);

describe("slurmSettingsSchema", () => {
  it("takes Slurm's forms of a time limit, and minutes as a number", () => {
    const limit = (timeLimit: unknown) =>
      slurmSettingsSchema.safeParse({ kind: "slurm", timeLimit }).data?.timeLimit;
    for (const text of ["5", "10:30", "1:00:00", "2-12", "2-12:30", "1-00:00:30"])
      expect(limit(text)).toBe(text);
    expect(limit(90)).toBe("90");
    for (const wrong of ["soon", "1h", "", "10:3", 0, 1.5]) expect(limit(wrong)).toBeUndefined();
  });
});

describe.skipIf(noCluster !== undefined)("the Slurm engine on a Slurm of one node", () => {
  let cluster: Cluster;
  let bench: EngineBench;
  let engine: BatchEngine;
  const before = process.env.SLURM_CONF;

  beforeAll(async () => {
    cluster = await startCluster({ maxArraySize: 150, maxJobCount: 1000, processors: 3 });
    process.env.SLURM_CONF = cluster.configuration;
    await writeFile(join(root, "trial.cjs"), standIn);
  }, 60_000);
  afterAll(async () => {
    if (before === undefined) delete process.env.SLURM_CONF;
    else process.env.SLURM_CONF = before;
    await cluster?.stop();
  }, 60_000);

  let benches = 0;
  beforeEach(async () => {
    const folder = join(root, `bench ${benches++}`);
    await mkdir(folder);
    bench = { folder, trials: 12, command: [process.execPath, join(root, "trial.cjs")] };
    engine = createSlurmEngine({ kind: "slurm" });
  });

  const plan = (count: number, period: number) =>
    writeFile(join(bench.folder, "plan.json"), JSON.stringify({ count, period }));
  const allTrials = () => Array.from({ length: bench.trials }, (_, index) => index);
  const completed = async (): Promise<readonly number[]> =>
    (await readdir(bench.folder))
      .flatMap((name) => (name.endsWith(".result") ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => a - b);
  const missing = async () => {
    const complete = new Set(await completed());
    return allTrials().filter((index) => !complete.has(index));
  };
  const lines = async (index: number, name: string): Promise<readonly string[]> =>
    (await readFile(join(bench.folder, `${index}.${name}`), "utf8")).trim().split("\n");
  const until = async (what: () => Promise<boolean>) => {
    for (let waited = 0; !(await what()); waited += 100) {
      if (waited > 40_000)
        throw new Error(`waited in vain:\n${cluster.command("squeue")}${cluster.command("sinfo")}`);
      await wait(100);
    }
  };
  const isOver = async () => {
    const { waiting, running } = await engine.queue(bench);
    return waiting.size + running.size === 0;
  };

  it("runs arrays cut to the cluster's limit, and hands nothing over twice", async () => {
    await plan(2, 50);
    bench = { ...bench, trials: 304 };
    const due = [0, 1, 148, 149, 150, 151, 302, 303];
    const { trials, jobs } = await engine.submit(bench, due);
    expect(trials).toBe(8);
    expect(jobs).toHaveLength(3);
    expect(await engine.submit(bench, due)).toEqual({ trials: 0, jobs: [] });
    await until(isOver);
    expect(await completed()).toEqual(due);
    for (const index of due) expect(await lines(index, "counted")).toEqual(["0", "1"]);
    const logs = await readdir(join(bench.folder, slurmLogs));
    expect(logs.sort()).toEqual(
      [
        [0, 1, 148, 149],
        [0, 1],
        [2, 3],
      ]
        .flatMap((tasks, array) => tasks.map((task) => `${jobs[array]}_${task}.log`))
        .sort(),
    );
    expect(await readFile(join(bench.folder, slurmLogs, `${jobs[1]}_0.log`), "utf8")).toBe("from 0\n");
  });

  it("sees all of a long queue, by whatever path and whatever the user's view of queues", async () => {
    // More than half of what the controller holds: two trials a task.
    bench = { ...bench, trials: 900 };
    const tasks = Array.from({ length: 150 }, (_, task) => task).filter((task) => task ** 2 % 11 < 4);
    const due = tasks.map((task) => 2 * task + 1);
    engine = createSlurmEngine({ kind: "slurm", options: ["--hold"] });
    const { jobs } = await engine.submit(bench, due);
    expect(jobs).toHaveLength(1);
    const link = join(root, "link");
    await symlink(bench.folder, link);
    process.env.SQUEUE_STATES = "RUNNING";
    try {
      const { waiting, running, reasons } = await engine.queue({ ...bench, folder: link });
      expect([...waiting]).toEqual(due.flatMap((index) => [index - 1, index]));
      expect(running.size).toBe(0);
      expect([...reasons]).toEqual([["JobHeldUser", 2 * due.length]]);
      expect((await engine.queue({ ...bench, folder: root })).waiting.size).toBe(0);
      expect(await engine.cancel(bench)).toBe(2 * due.length);
    } finally {
      delete process.env.SQUEUE_STATES;
    }
  });

  it("cancels with checkpoints, from which a new array of what is missing goes on", async () => {
    await plan(20, 100);
    engine = createSlurmEngine({ kind: "slurm", trialsPerTask: 2 });
    const of = { ...bench, trials: 9 };
    await engine.submit(of, [0, 1, 4, 6, 7, 8]);
    await until(
      async () => (await readdir(bench.folder)).filter((name) => name.endsWith(".counted")).length === 3,
    );
    const { waiting, running } = await engine.queue(of);
    expect([...running].sort()).toEqual([0, 1, 4, 5, 6, 7]);
    expect([...waiting]).toEqual([8]);
    expect(await engine.cancel(of)).toBe(7);
    expect(await isOver()).toBe(true);
    expect(await completed()).toEqual([]);
    // The second trial of a task that is cancelled does not begin.
    expect((await readdir(bench.folder)).filter((name) => name.endsWith(".starts")).sort()).toEqual([
      "0.starts",
      "4.starts",
      "6.starts",
    ]);
    await plan(20, 5);
    await engine.submit(of, [0, 4, 6]);
    await until(isOver);
    for (const index of [0, 4, 6])
      expect(await lines(index, "counted")).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
  });

  it("loses nothing where the node is drained, then fails, and comes back", async () => {
    await plan(30, 100);
    const { jobs } = await engine.submit(bench, allTrials().slice(0, 6));
    await until(async () => (await engine.queue(bench)).running.size === 3);
    cluster.command("scontrol", "update", "nodename=node", "state=drain", "reason=test");
    await until(async () =>
      [...(await engine.queue(bench)).reasons.keys()].some((reason) => /DRAINED/.test(reason)),
    );
    expect((await engine.queue(bench)).running.size).toBe(3);
    await until(async () => (await readdir(bench.folder)).some((name) => name.endsWith(".counted")));
    cluster.command("scontrol", "update", "nodename=node", "state=down", "reason=test");
    await until(async () => (await engine.queue(bench)).running.size === 0);
    expect((await engine.queue(bench)).waiting.size).toBe(6);
    await plan(30, 5);
    // Slurm would wait until the credentials of the requeued tasks are out of date.
    const requeued = [0, 1, 2].map((task) => `${jobs[0]}_${task}`).join();
    cluster.command("scontrol", "update", `jobid=${requeued}`, "starttime=now");
    cluster.command("scontrol", "update", "nodename=node", "state=resume");
    expect((await engine.submit(bench, await missing())).trials).toBe(6);
    await until(isOver);
    expect(await completed()).toEqual(allTrials());
    for (const index of allTrials())
      expect(await lines(index, "counted")).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`));
    expect((await Promise.all([0, 1, 2].map((index) => lines(index, "starts")))).flat()).toHaveLength(6);
    const log = await readFile(join(bench.folder, slurmLogs, `${jobs[0]}_0.log`), "utf8");
    expect(log).toMatch(/^from 0\n(.*\n)*from [1-9]/);
  });

  it("passes partition, time limit and other options on, and says what Slurm refuses", async () => {
    await plan(40, 100);
    engine = createSlurmEngine({ kind: "slurm", partition: "short", timeLimit: "7", options: ["--nice=5"] });
    const { jobs } = await engine.submit(bench, [3]);
    const shown = cluster.command("scontrol", "show", "job", jobs[0] ?? "");
    expect(shown).toMatch(/Partition=short/);
    expect(shown).toMatch(/TimeLimit=00:07:00/);
    expect(shown).toMatch(/Nice=5/);
    expect(await engine.cancel(bench)).toBe(1);

    engine = createSlurmEngine({ kind: "slurm", partition: "nowhere" });
    await expect(engine.submit(bench, [3])).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(
        /^sbatch failed: [^:]*partition[^\n]*; [^\n]*Invalid partition name specified\. Check/,
      ),
    });
  });
});

describe("where there is no Slurm", () => {
  it("says what is missing and what else there is", async () => {
    const path = process.env.PATH;
    process.env.PATH = root;
    try {
      const engine = createSlurmEngine({ kind: "slurm" });
      const bench = { folder: root, trials: 1, command: [] };
      await expect(engine.queue(bench)).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("needs the command squeue"),
      });
    } finally {
      process.env.PATH = path;
    }
  });
});
