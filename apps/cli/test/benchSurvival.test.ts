import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { randomStream } from "@steepest/random";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isAlive } from "../../../packages/bench/test/processes.js";
import { type Cluster, noCluster, startCluster } from "../../../packages/bench/test/slurm/cluster.js";
import { plannedTrials, recordsOf, writePlan } from "./benches.js";
import { start, steepest } from "./run.js";
import { typed } from "./typed.js";

/** How many kills a bench must survive; CONTRIBUTING.md says how to ask for more. */
const kills = Number(process.env.STEEPEST_KILLS ?? 3);
/** Longest time between two kills, in milliseconds: from a coordinator's start to well into its trials. */
const longestLife = 2000;

/** Whether a command that only root may run could be run. */
const could = (program: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const root = await mkdtemp(join(tmpdir(), "steepest-survival-"));
const plan = join(root, "plan.yaml");
const disk = join(root, "disk");
await mkdir(disk);
const hasDisk = could("mount", "-t", "tmpfs", "-o", "size=160k", "steepest-test", disk);
if (!hasDisk)
  process.stderr.write(
    "skipped: no small disk could be mounted (needs Linux and root), so none was filled\n",
  );
if (noCluster !== undefined)
  process.stderr.write(`skipped: no Slurm to start, so no bench was handed to one (${noCluster})\n`);
afterAll(async () => {
  // Lazily: a process that is just ending may still have a file open on it.
  if (hasDisk) could("umount", "--lazy", disk);
  await rm(root, { recursive: true, force: true });
});

/** Runs the plan to its end in a folder of its own, and prints the scores as JSON. */
const command = (folder: string, ...options: readonly string[]) => [
  ...["bench", "run", plan, "--out", join(root, folder), "--json", ...options],
];
/** In a process of its own. */
const runTo = (folder: string, ...options: readonly string[]) => start(command(folder, ...options), root);

/** What `steepest bench status` says of a folder. */
async function statusOf(folder: string) {
  const { code, stdout, stderr } = await typed("bench", "status", join(root, folder), "--json");
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

let undisturbed: { readonly records: Readonly<Record<string, unknown>>; readonly scores: unknown };
beforeAll(async () => {
  await writePlan(plan, 2000);
  const { code, stdout, stderr } = await typed(...command("undisturbed"));
  if (code !== 0) throw new Error(stderr);
  undisturbed = { records: await recordsOf(join(root, "undisturbed")), scores: JSON.parse(stdout) };
  const results = Object.keys(undisturbed.records).filter((path) => path.endsWith("result.json"));
  expect(results).toHaveLength(plannedTrials);
}, 60_000);

describe.skipIf(process.platform !== "linux")("a bench whose processes are killed", () => {
  const seen = new Set<number>();
  afterEach(() => {
    kill([...seen]);
    seen.clear();
  });

  const kill = (pids: readonly number[]) => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  };
  /** The processes that a process has started and that have not ended. */
  const childrenOf = async (pid: number): Promise<readonly number[]> => {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    return text.split(" ").flatMap((word) => (word === "" ? [] : [Number(word)]));
  };
  const untilGone = async (pids: readonly number[]) => {
    for (let waited = 0; pids.some(isAlive); waited += 20) {
      if (waited > 10_000) throw new Error(`workers outlive their coordinator: ${pids.filter(isAlive)}`);
      await wait(20);
    }
  };

  it(`ends as if ${kills} kills had not been`, async () => {
    const random = randomStream(2026, "kills");
    let done = 0;
    /** Kills the coordinator, a worker, or all; false where there was none to kill. */
    const strike = async (coordinator: number): Promise<boolean> => {
      const workers = await childrenOf(coordinator);
      for (const worker of workers) seen.add(worker);
      const victims = [
        [coordinator],
        [coordinator, ...workers],
        workers.length === 0 ? [] : [workers[random.integer(workers.length)] ?? coordinator],
      ][done % 3];
      if (victims === undefined || victims.length === 0) return false;
      kill(victims);
      if (victims.includes(coordinator)) await untilGone(workers);
      return true;
    };

    for (let round = 0; round === 0 || done < kills; round++) {
      const folder = `disturbed-${round}`;
      for (;;) {
        const { child, finished } = runTo(folder);
        const { pid } = child;
        if (pid === undefined) throw new Error("the coordinator did not start");
        seen.add(pid);
        const ended = finished.then(() => "ended" as const);
        while (done < kills) {
          const life = wait(random.uniform() * longestLife);
          if ((await Promise.race([ended, life])) === "ended") break;
          if (await strike(pid)) done++;
        }
        const { code, signal, stdout, stderr } = await finished;
        if (code === 0) {
          expect(JSON.parse(stdout)).toEqual(undisturbed.scores);
          break;
        }
        // A trial whose worker was killed three times is given up, and due again at the next run.
        if (code !== 1 && signal !== "SIGKILL") throw new Error(stderr);
      }
      expect(await recordsOf(join(root, folder))).toEqual(undisturbed.records);
    }
  }, 600_000);
});

describe.skipIf(!hasDisk)("a bench on a disk that fills up", () => {
  it("stops with one clear line, and goes on to the same results once there is room", async () => {
    const full = await runTo("disk/bench", "--workers", "1").finished;
    expect(full.code).toBe(1);
    expect(full.stderr.split("\n").filter((line) => line.startsWith("steepest:"))).toEqual([
      expect.stringMatching(/^steepest: there is no space left for the files of "/),
    ]);
    expect(full.stderr).not.toMatch(/^ +at /m);
    const { counts, total } = await statusOf("disk/bench");
    expect(total).toBe(plannedTrials);
    // No trial is at fault.
    expect(counts).toMatchObject({ failed: 0, diverged: 0 });
    expect(counts.completed).toBeLessThan(plannedTrials);

    execFileSync("mount", ["-o", "remount,size=16m", disk]);
    const resumed = await typed("bench", "resume", join(disk, "bench"), "--json");
    expect(resumed).toMatchObject({ code: 0 });
    expect(JSON.parse(resumed.stdout)).toEqual(undisturbed.scores);
    expect(await recordsOf(join(disk, "bench"))).toEqual(undisturbed.records);
  }, 180_000);
});

describe.skipIf(noCluster !== undefined)("a bench on Slurm", () => {
  let cluster: Cluster;
  const before = process.env.SLURM_CONF;
  beforeAll(async () => {
    cluster = await startCluster({ maxArraySize: 3, processors: 2 });
    process.env.SLURM_CONF = cluster.configuration;
  }, 60_000);
  afterAll(async () => {
    if (before === undefined) delete process.env.SLURM_CONF;
    else process.env.SLURM_CONF = before;
    await cluster?.stop();
  }, 60_000);

  const queued = (...options: readonly string[]): number =>
    cluster.command("squeue", "--noheader", "--array", ...options).split("\n").length - 1;
  const until = async (isSo: () => Promise<boolean> | boolean) => {
    const deadline = performance.now() + 60_000;
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new Error(cluster.command("squeue") + cluster.command("sinfo"));
      await wait(100);
    }
  };

  it("loses nothing where its node is drained and its trials are cancelled in the middle", async () => {
    const submitted = await runTo("slurm", "--engine", "slurm", "--partition", "main").finished;
    expect(submitted).toMatchObject({ code: 0 });
    const jobs = [expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)];
    expect(JSON.parse(submitted.stdout)).toMatchObject({ missing: 4, submitted: { trials: 4, jobs } });

    await until(() => queued("--states=running") === 2);
    cluster.command("scontrol", "update", "nodename=node", "state=drain", "reason=test");
    expect((await statusOf("slurm")).queue).toMatchObject({ waiting: 2 });
    // A trial has begun once it has written something.
    await until(async () => Object.keys(await recordsOf(join(root, "slurm"))).length > 0);
    const cancelled = await typed("bench", "cancel", join(root, "slurm"));
    expect(cancelled).toMatchObject({ code: 0 });
    expect(cancelled.stdout).toMatch(/^Ended [234] of the scheduler's trials\. Continue with:/);
    const { queue, counts } = await statusOf("slurm");
    expect(queue).toEqual({ waiting: 0, running: 0 });
    expect(counts.completed).toBeLessThan(plannedTrials);

    cluster.command("scontrol", "update", "nodename=node", "state=resume");
    const resumed = await steepest(["bench", "resume", "slurm"], root);
    expect(resumed.stdout).toMatch(/ of 4 trials done; [234] trials handed over in [12] jobs? \d+/);
    await until(() => queued() === 0);
    expect(await recordsOf(join(root, "slurm"))).toEqual(undisturbed.records);
  }, 180_000);
});
