/**
 * What a bench of a hundred thousand trials costs before any of them runs: to plan it, to say how it stands,
 * and to go on with it, on a folder in which nothing, half or all but one of them is complete.
 *
 *     node packages/bench/dev/manyTrials.js [TRIALS]
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  benchConfigurationSchema,
  benchStatus,
  countTrials,
  folderOfTrial,
  planBench,
  runBench,
  runBenchTrial,
  trialOf,
} from "@steepest/bench";
import { runFiles } from "@steepest/train";

const [asked = "100000"] = process.argv.slice(2);
const points = 5;
const studies = Math.max(1, Math.round(Number(asked) / (2 * points)));
const configuration = benchConfigurationSchema.parse({
  ...{ name: "many", workloads: ["least-squares", "sparse-logistic"], submissions: ["baseline"] },
  ...{ studies, trials: points, clock: "steps" },
  budgets: {
    "least-squares": { steps: 20, evaluateEvery: 10 },
    "sparse-logistic": { steps: 20, evaluateEvery: 10 },
  },
});

/** Prints what something takes: seconds on the wall and of CPU. */
async function timed(what, action) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await action();
  const { user, system } = process.cpuUsage(before);
  const [wall, cpu] = [(performance.now() - start) / 1e3, (user + system) / 1e6];
  process.stdout.write(`${what}: ${wall.toFixed(2)} s, ${cpu.toFixed(2)} s of CPU\n`);
  return result;
}

/** Goes on with a bench until its first trial is with a worker, and leaves it there. */
async function timedResume(what, folder, plan) {
  const run = runBench(folder, plan, { workers: 1 });
  await timed(what, async () => {
    while ((await run.next()).value.kind !== "started");
  });
  await run.return();
}

const root = mkdtempSync(join(tmpdir(), "steepest-many-"));
try {
  const plan = await timed("plan", () => planBench(configuration));
  const total = countTrials(plan);
  process.stdout.write(`${total} trials\n`);
  const folder = join(root, "bench");
  const complete = (from, to) => {
    for (let index = from; index < to; index++) {
      const path = folderOfTrial(folder, trialOf(plan, index));
      mkdirSync(path, { recursive: true });
      // What says that a trial is complete; the logs beside it are not looked at.
      for (const file of [runFiles.configuration, runFiles.result])
        copyFileSync(join(model, file), join(path, file));
    }
  };
  await timed("status, nothing begun", () => benchStatus(folder, plan));
  await timedResume("resume, nothing begun", folder, plan);
  await runBenchTrial(folder, plan, 0);
  const model = folderOfTrial(folder, trialOf(plan, 0));
  let done = 1;
  for (const next of [Math.floor(total / 2), total - 1]) {
    complete(done, next);
    done = next;
    await timed(`status, ${done} complete`, () => benchStatus(folder, plan));
    await timedResume(`resume, ${done} complete`, folder, plan);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
