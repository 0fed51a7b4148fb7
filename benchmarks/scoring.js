import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findRuleset, scoreLogs } from "@steepest/bench";

/** AlgoPerf's v0.5 logs, beside the repository where somebody has put them. */
const archive = fileURLToPath(
  new URL("../../shared/data/algoperf/v05-logs-external.tar.gz", import.meta.url),
);

/** Seconds of the fastest of several runs: the others waited for something else. */
async function fastest(rounds, run) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}

/**
 * Seconds that AlgoPerf's logs take in this process: the first time, again, and what 2,000 bootstrap
 * replicates add.
 */
async function measureHere() {
  const rules = findRuleset("v0.5");
  const score = (replicates) => scoreLogs(archive, rules, { replicates });
  const first = await fastest(1, () => score(1));
  const again = await fastest(5, () => score(1));
  const whole = await fastest(3, () => score(2000));
  const { logs } = await score(1);
  return { logs, first, again, bootstrap: whole - again, megabytes: process.resourceUsage().maxRSS / 1024 };
}

/**
 * The same in a process of its own, whose memory is that of scoring alone; undefined where there are no logs.
 */
export function measureScoring() {
  if (!existsSync(archive)) return undefined;
  const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error("the logs could not be scored");
  return JSON.parse(stdout);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${JSON.stringify(existsSync(archive) ? await measureHere() : null)}\n`);
