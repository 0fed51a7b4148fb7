import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../files/test/temporaryFolder.js";
import {
  cutIntoArrays,
  defaultTrialsPerTask,
  jobName,
  parseQueue,
  parseTaskList,
  taskList,
  taskScript,
} from "./arrays.js";

const ascending = (indices: Iterable<number>): readonly number[] => [...indices].sort((a, b) => a - b);

const missingTrials = fc
  .uniqueArray(fc.nat(5000), { minLength: 1, maxLength: 300 })
  .map((indices) => ascending(indices));
const limits = fc.record({
  maxArraySize: fc.integer({ min: 1, max: 700 }),
  maxJobCount: fc.constant(10_000),
});

describe("taskList", () => {
  it("writes ranges as Slurm's manual does, and reads all of its forms", () => {
    expect(taskList([0, 1, 2, 3, 7, 9, 10])).toBe("0-3,7,9-10");
    expect(parseTaskList("0-3,7,9-10")).toEqual([0, 1, 2, 3, 7, 9, 10]);
    expect(parseTaskList("1-7:2,15%4")).toEqual([1, 3, 5, 7, 15]);
    expect(parseTaskList("N/A")).toEqual([]);
    fc.assert(
      fc.property(missingTrials, (tasks) => {
        expect(parseTaskList(taskList(tasks))).toEqual(tasks);
      }),
    );
  });
});

describe("cutIntoArrays", () => {
  it("gives every missing trial to one task, and no task without one", () => {
    fc.assert(
      fc.property(missingTrials, fc.integer({ min: 1, max: 9 }), limits, (missing, perTask, cluster) => {
        const arrays = cutIntoArrays(missing, perTask, cluster);
        const carried = arrays.flatMap(({ first, tasks }) =>
          tasks.map((task) => missing.filter((index) => Math.floor((index - first) / perTask) === task)),
        );
        expect(carried.flat()).toEqual(missing);
        expect(carried.every((trials) => trials.length > 0)).toBe(true);
        expect(Math.max(...arrays.flatMap(({ tasks }) => tasks))).toBeLessThan(cluster.maxArraySize);
        expect(arrays.reduce((sum, { trials }) => sum + trials, 0)).toBe(missing.length);
      }),
    );
  });

  it("keeps a list of tasks within one word of a command, whatever the cluster allows", () => {
    const everyOther = Array.from({ length: 100_000 }, (_, i) => 2 * i);
    const arrays = cutIntoArrays(everyOther, 1, { maxArraySize: 4_000_001, maxJobCount: 1e6 });
    expect(Math.max(...arrays.map(({ tasks }) => taskList(tasks).length))).toBeLessThan(131_072);
  });
});

describe("defaultTrialsPerTask", () => {
  it("is one while the controller has room for all tasks twice", () => {
    const cluster = { maxArraySize: 1001, maxJobCount: 10_000 };
    expect(defaultTrialsPerTask(5000, cluster)).toBe(1);
    expect(defaultTrialsPerTask(5001, cluster)).toBe(2);
    expect(defaultTrialsPerTask(100_000, cluster)).toBe(20);
    expect(defaultTrialsPerTask(0, cluster)).toBe(1);
  });
});

describe("parseQueue", () => {
  it("finds again what was submitted, among the jobs of others", () => {
    fc.assert(
      fc.property(missingTrials, fc.integer({ min: 1, max: 9 }), limits, (missing, perTask, cluster) => {
        const lines = cutIntoArrays(missing, perTask, cluster).map(
          (array, job) =>
            `${job}|${taskList(array.tasks)}|PENDING|${jobName("abc", array)}|Nodes required for job are DOWN, DRAINED`,
        );
        const output = [
          "9|N/A|RUNNING|a|b|c|None",
          ...lines,
          `7|0-99|PENDING|${jobName("abcd", { first: 0, trialsPerTask: 1 })}|None`,
          "",
        ];
        const { waiting, running, jobs } = parseQueue(output.join("\n"), "abc", 5001);
        for (const index of missing) expect(waiting.has(index)).toBe(true);
        expect(waiting.size).toBeLessThanOrEqual(missing.length * perTask);
        expect(running.size).toBe(0);
        expect(jobs.size).toBe(lines.length);
      }),
    );
  });

  it("tells waiting from running, says why, and knows where the plan ends", () => {
    const name = jobName("abc", { first: 100, trialsPerTask: 3 });
    const output = [
      `5|4-6|PENDING|${name}|Priority`,
      `5|0|RUNNING|${name}|None`,
      `5|1|COMPLETING|${name}|None`,
      `6|2|REQUEUE_HOLD|${name}|JobHoldMaxRequeue`,
      `6|7|PENDING|${name}|Priority`,
    ].join("\n");
    const { waiting, running, reasons, jobs } = parseQueue(output, "abc", 122);
    expect(ascending(running)).toEqual([100, 101, 102, 103, 104, 105]);
    expect(ascending(waiting)).toEqual([106, 107, 108, ...Array.from({ length: 10 }, (_, i) => 112 + i)]);
    expect([...reasons]).toEqual([
      ["Priority", 10],
      ["JobHoldMaxRequeue", 3],
    ]);
    expect([...jobs]).toEqual(["5", "6"]);
  });
});

describe.skipIf(process.platform === "win32")("taskScript", () => {
  let root: string;
  beforeAll(
    temporaryFolder((path) => {
      root = path;
    }),
  );

  it("calls the trials of its task in order, whatever the names hold, and fails where one did", async () => {
    const folder = join(root, 'it\'s a $HOME; "bench" `x` \\ \n%A');
    await mkdir(folder);
    const trial = join(root, "trial.cjs");
    await writeFile(
      trial,
      'console.log(JSON.stringify(process.argv.slice(2))); if (process.argv.at(-1) === "21") process.exit(3);',
    );
    const bench = { folder, trials: 23, command: [process.execPath, trial] };
    const run = (task: number) =>
      execFileSync("sh", ["-c", taskScript(bench, { first: 10, trialsPerTask: 5 })], {
        env: { SLURM_ARRAY_TASK_ID: `${task}` },
        encoding: "utf8",
      });
    const calls = (indices: readonly number[]) =>
      indices
        .map((index) => `${JSON.stringify(["bench", "trial", "--plan", folder, "--index", `${index}`])}\n`)
        .join("");
    expect(run(0)).toBe(calls([10, 11, 12, 13, 14]));
    let failed: unknown;
    try {
      run(2);
    } catch (error) {
      failed = error;
    }
    expect(failed).toMatchObject({ status: 3, stdout: calls([20, 21, 22]) });
  });
});
