import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPool, runTrial } from "@steepest/bench";
import { findWorkload } from "@steepest/workloads";
import { median } from "./harness.js";

const trial = {
  workload: "fashion-mnist",
  optimizer: "adam:lr=0.001",
  batchSize: 128,
  steps: 390,
  target: 0.99,
  evaluateEvery: 390,
};

/** Times that everything is measured, each in turn: what else the machine does then falls on all alike. */
const rounds = 3;

/**
 * What running trials in worker processes costs: seconds from trial to trial in this process, with one worker
 * and with two, each once the data are loaded. Medians over rounds.
 */
export async function measureScheduler(trials) {
  const root = mkdtempSync(join(tmpdir(), "steepest-scheduler-"));
  const jobs = (name) =>
    Array.from({ length: trials }, (_, seed) => ({
      folder: join(root, name, `${seed}`),
      trial: { ...trial, seed },
    }));
  const perTrial = async (finished, workers) => {
    const times = [];
    for await (const _ of finished) times.push(performance.now() / 1000);
    // The first trial of every worker waits for the data.
    return (times[times.length - 1] - times[workers - 1]) / (times.length - workers);
  };
  const pooled = async function* (workers, round) {
    for await (const event of runPool(jobs(`${workers} ${round}`), { workers }))
      if (event.kind === "finished") yield event;
  };
  const loading = findWorkload(trial.workload).load();
  const workload = { ...findWorkload(trial.workload), load: () => loading };
  const alone = async function* (round) {
    for (const job of jobs(`alone ${round}`)) {
      for await (const _ of runTrial(job.folder, job.trial, { workload }));
      yield job;
    }
  };
  const measured = { alone: [], one: [], two: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      measured.alone.push(await perTrial(alone(round), 1));
      measured.one.push(await perTrial(pooled(1, round), 1));
      measured.two.push(await perTrial(pooled(2, round), 2));
    }
  } finally {
    rmSync(root, { recursive: true });
  }
  return { alone: median(measured.alone), one: median(measured.one), two: median(measured.two) };
}
