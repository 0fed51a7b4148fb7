import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { lockFolder } from "@steepest/files";
import { parseOptimizerSpec } from "@steepest/optim";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { isAlive } from "../../test/processes.js";
import { type ComparisonEvent, compare, comparisonJobs } from "./compare.js";
import { type ComparisonPlan, comparisonFolders, planComparison } from "./plan.js";
import type { Comparison } from "./summary.js";

process.env.STEEPEST_OFFLINE = "1";

let root: string;
let plan: ComparisonPlan;
beforeAll(
  temporaryFolder((path) => {
    root = path;
  }),
);
beforeAll(async () => {
  plan = await planComparison({
    workload: "fashion-mnist",
    optimizers: [parseOptimizerSpec("adam"), parseOptimizerSpec("sgd:lr=0.05")],
    seeds: 2,
    trials: 2,
    epochs: 0.1,
    target: 0.6,
    evaluationsPerEpoch: 20,
  });
}, 60_000);

async function finish(
  folder: string,
): Promise<{ readonly events: readonly ComparisonEvent[]; readonly comparison: Comparison }> {
  const events: ComparisonEvent[] = [];
  const run = compare(plan, { folder, workers: 2 });
  for (;;) {
    const next = await run.next();
    if (next.done !== true) events.push(next.value);
    else if (next.value.outcome === "completed") return { events, comparison: next.value };
    else throw new Error("the comparison was interrupted");
  }
}

/** A comparison with everything that depends on the speed of the machine left out. */
const timeless = ({ entries, ...rest }: Comparison) => ({
  ...rest,
  entries: entries.map(({ secondsToTarget, curves, ...entry }) => ({
    ...entry,
    secondsToTarget: secondsToTarget.kind,
    curves: [curves.loss, curves.accuracy].map((curve) => ({ ...curve, seconds: [] })),
  })),
});

const resultFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((path) => path.endsWith("result.json")).toSorted();

describe("planComparison", () => {
  it("gives every tuned optimizer the same points of its own range, and a fixed one its own rate", () => {
    expect(plan.submissions.map(({ tuned }) => tuned)).toEqual([true, false]);
    expect(plan.submissions[0]?.points).toEqual([
      { optimizer: "adam:lr=0.0003735", learningRate: 0.0003735 },
      { optimizer: "adam:lr=0.004571", learningRate: 0.004571 },
    ]);
    expect(plan.submissions[1]?.points).toEqual([{ optimizer: "sgd:lr=0.05", learningRate: 0.05 }]);
  });

  it("refuses what cannot be compared, before anything runs", async () => {
    const adam = [parseOptimizerSpec("adam")];
    const refused = (changes: object) =>
      planComparison({ workload: "fashion-mnist", optimizers: adam, ...changes });
    await expect(refused({ workload: "fashion-mnits" })).rejects.toThrow(/fashion-mnist/);
    await expect(refused({ optimizers: [] })).rejects.toThrow(/no optimizer/);
    await expect(refused({ optimizers: [...adam, ...adam] })).rejects.toThrow(/adam is given twice/);
    await expect(refused({ seeds: 0 })).rejects.toThrow(/number of seeds is 0/);
    await expect(refused({ epochs: -1 })).rejects.toThrow(/number of epochs is -1/);
    await expect(refused({ target: 87 })).rejects.toThrow(/target is 87/);
    await expect(refused({ batchSize: 100_000 })).rejects.toThrow(/batch size 100000/);
  });

  it("never mixes two plans in one folder", async () => {
    const folder = join(root, "claimed");
    const hold = await lockFolder(folder);
    expect(await comparisonFolders.claim(hold, plan)).toBe(false);
    expect(await comparisonFolders.claim(hold, plan)).toBe(true);
    expect(await comparisonFolders.read(folder)).toEqual(plan);
    await expect(comparisonFolders.claim(hold, { ...plan, seeds: [0] })).rejects.toThrow(
      /another comparison: its seeds differ/,
    );
    await hold.release();
  });
});

describe("compare", () => {
  it("leaves a folder alone that holds something else, or that another process uses", async () => {
    const folder = join(root, "foreign");
    await mkdir(folder);
    await writeFile(join(folder, "run.json"), "{}");
    await expect(finish(folder)).rejects.toThrow(/is not empty and holds no comparison: found "run.json"/);
    expect(await readdir(folder)).toEqual(["run.json"]);

    const first = compare(plan, { folder: join(root, "used"), workers: 1 });
    await first.next();
    await expect(finish(join(root, "used"))).rejects.toThrow(/is in use by process \d+/);
    await first.return({ outcome: "interrupted", complete: 0, total: 0 });
  }, 60_000);

  it("survives the death of the coordinator: no trial lost or run twice, the same figures, no orphan", async () => {
    const undisturbed = await finish(join(root, "undisturbed"));
    const total = comparisonJobs(root, plan).length;
    expect(total).toBe(6);

    const folder = join(root, "killed");
    const hold = await lockFolder(folder);
    await comparisonFolders.claim(hold, plan);
    await hold.release();
    const script = `
      import { compare, comparisonFolders } from "@steepest/bench";
      const folder = ${JSON.stringify(folder)};
      for await (const event of compare(await comparisonFolders.read(folder), { folder, workers: 2 }))
        console.log(JSON.stringify({ kind: event.kind, worker: event.worker }));`;
    const coordinator = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const workers = new Set<number>();
    for await (const line of createInterface({ input: coordinator.stdout })) {
      const event: unknown = JSON.parse(line);
      if (typeof event !== "object" || event === null || !("kind" in event)) continue;
      if ("worker" in event && typeof event.worker === "number") workers.add(event.worker);
      if (event.kind === "finished") break;
    }
    coordinator.kill("SIGKILL");
    for (let tries = 0; [...workers].some(isAlive) && tries < 100; tries++) await sleep(100);
    expect([...workers].filter(isAlive)).toEqual([]);
    const complete = await resultFiles(folder);
    expect(complete.length).toBeGreaterThan(0);
    expect(complete.length).toBeLessThan(total);
    const contents = await Promise.all(complete.map((path) => readFile(join(folder, path), "utf8")));

    const resumed = await finish(folder);
    expect(resumed.events[0]).toEqual({ kind: "begin", total, complete: complete.length });
    expect(resumed.events.filter(({ kind }) => kind === "finished")).toHaveLength(total - complete.length);
    expect(await resultFiles(folder)).toEqual(await resultFiles(join(root, "undisturbed")));
    expect(await Promise.all(complete.map((path) => readFile(join(folder, path), "utf8")))).toEqual(contents);
    expect(timeless(resumed.comparison)).toEqual(timeless(undisturbed.comparison));
  }, 120_000);

  it("runs nothing where everything is complete", async () => {
    const { events } = await finish(join(root, "undisturbed"));
    expect(events).toEqual([{ kind: "begin", total: 6, complete: 6 }]);
  });
});
