import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { TrialConfiguration } from "../trial/configuration.js";
import { readableOutcome, recordFailure, type TrialOutcome } from "../trial/trial.js";
import { createEventQueue } from "./eventQueue.js";
import { diskFull, type Obstacle, obstacleOf } from "./obstacle.js";
import { startWorker, type WorkerProcess } from "./workerProcess.js";

/** A trial and the folder that it fills. */
export interface PoolJob {
  readonly folder: string;
  readonly trial: TrialConfiguration;
}

/** What happens to the jobs. `worker` is the operating system's number of the process. */
export type PoolEvent<Job extends PoolJob> =
  | { readonly kind: "started"; readonly job: Job; readonly worker: number | undefined }
  | { readonly kind: "progress"; readonly job: Job; readonly step: number; readonly value?: number }
  | { readonly kind: "notice"; readonly message: string }
  | { readonly kind: "retried"; readonly job: Job; readonly reason: string }
  | { readonly kind: "finished"; readonly job: Job; readonly outcome: TrialOutcome };

/** How a pool runs its jobs; nothing here changes a trial's bits. */
export interface PoolOptions {
  /** Trials at a time; as many as cores, at most 8, by default. */
  readonly workers?: number;
  /** Further attempts at a trial whose worker died, hung or failed for a passing reason; 1 by default. */
  readonly retries?: number;
  /** A worker without a sign of life for so long is killed; 60 by default. Loading data counts as silence. */
  readonly hangSeconds?: number;
  /** Ends the pool: running trials save a checkpoint and stay resumable. */
  readonly signal?: AbortSignal;
}

/** What an attempt left to do. */
interface Retry {
  readonly kind: "retry";
  readonly reason: string;
  readonly log: string;
  readonly obstacle?: Obstacle;
  readonly lasting: boolean;
}

/** How long to wait, in milliseconds, before looking again at a folder that another process uses. */
const inUsePeriod = 500;

/** Waits; not longer than until the signal. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

/** Seconds that a stopped worker gets to write its checkpoint. */
const stopPatience = 10;

/** How many trials run at a time where nobody says: one a core, up to 8. */
export const defaultWorkers = (): number => Math.min(8, availableParallelism());

/**
 * Runs trials in worker processes of one thread each. A worker that dies or hangs is replaced and its trial
 * attempted again from its last checkpoint; a trial that keeps failing, or would fail alike at every attempt
 * as one that breaks a rule, is recorded as failed, with its log.
 * The order of `finished` is that of the clock; everything else is the trial's own. A trial whose folder
 * another process uses waits for that.
 *
 * @throws SteepestError `unavailable` where the disk is full, which ends all: no trial is at fault
 */
export async function* runPool<Job extends PoolJob>(
  jobs: Iterable<Job>,
  { workers = defaultWorkers(), retries = 1, hangSeconds = 60, signal }: PoolOptions = {},
): AsyncGenerator<PoolEvent<Job>, void> {
  const waiting = jobs[Symbol.iterator]();
  const events = createEventQueue<PoolEvent<Job>>();
  const processes = new Set<WorkerProcess>();
  const stopped = new AbortController();
  const stop = () => {
    stopped.abort();
    return Promise.all([...processes].map((worker) => worker.stop(stopPatience)));
  };

  const attempt = async (job: Job, worker: WorkerProcess): Promise<TrialOutcome | Retry> => {
    const result = await worker.run(job.folder, job.trial, (reply) => {
      if (reply.kind === "notice") events.push(reply);
      else if (reply.kind === "progress") events.push({ ...reply, job });
    });
    if (result.kind === "interrupted") return { kind: "interrupted" };
    if (stopped.signal.aborted && result.kind === "failed") return { kind: "interrupted" };
    if (result.kind === "failed" && result.obstacle === "disk-full")
      throw diskFull(job.folder, new Error(result.reason));
    // A worker may die after its last write and before its last word: the folder decides.
    const outcome = await readableOutcome(job.folder);
    if (outcome !== undefined) return outcome;
    return result.kind === "failed"
      ? { ...result, kind: "retry" }
      : {
          kind: "retry",
          reason: "the worker finished without an outcome in the folder",
          log: "",
          lasting: false,
        };
  };

  const complete = async (job: Job, workerFor: () => WorkerProcess): Promise<TrialOutcome> => {
    for (let tries = 0; !stopped.signal.aborted; ) {
      const worker = workerFor();
      events.push({ kind: "started", job, worker: worker.pid });
      const result = await attempt(job, worker);
      if (result.kind !== "retry") return result;
      const { reason, log, obstacle, lasting } = result;
      if (obstacle === "in-use") {
        // Whoever has the folder will leave an outcome in it, or the trial to us.
        await pause(inUsePeriod, stopped.signal);
        continue;
      }
      if (tries++ < retries && !lasting) {
        events.push({ kind: "retried", job, reason });
        continue;
      }
      try {
        return await recordFailure(job.folder, { kind: "failed", reason, log });
      } catch (error) {
        if (obstacleOf(error) !== "in-use") throw error;
        await pause(inUsePeriod, stopped.signal);
      }
    }
    return { kind: "interrupted" };
  };

  const serve = async (): Promise<void> => {
    let worker: WorkerProcess | undefined;
    const workerFor = (): WorkerProcess => {
      if (worker?.alive === true) return worker;
      if (worker !== undefined) processes.delete(worker);
      worker = startWorker(hangSeconds);
      processes.add(worker);
      return worker;
    };
    while (!stopped.signal.aborted) {
      const next = waiting.next();
      if (next.done === true) break;
      const job = next.value;
      const outcome = await complete(job, workerFor).catch((error: unknown) => {
        throw obstacleOf(error) === "disk-full" ? diskFull(job.folder, error) : error;
      });
      events.push({ kind: "finished", job, outcome });
    }
    await worker?.stop(stopPatience);
  };

  if (signal?.aborted) return;
  signal?.addEventListener("abort", stop, { once: true });
  const all = Promise.all(Array.from({ length: workers }, serve));
  all.then(
    () => events.close(),
    (error: unknown) => events.close(error),
  );
  try {
    yield* events;
  } finally {
    signal?.removeEventListener("abort", stop);
    await stop();
  }
}
