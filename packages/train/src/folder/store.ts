import { join } from "node:path";
import { writeFileAtomically, writeJsonAtomically } from "@steepest/files";
import type { Metric } from "@steepest/workloads";
import type { ClockReading } from "../loop/clock.js";
import type { CompletedRun, Evaluation } from "../loop/result.js";
import { type Checkpoint, encodeCheckpoint, type Progress } from "./checkpoint.js";
import { runFiles } from "./folder.js";
import { openCsvLog } from "./log.js";

/** Where a run puts what must outlive its process. */
export interface RunStore {
  readonly folder: string;
  logLoss(step: number, loss: number, clocks: ClockReading): void;
  logEvaluation(step: number, evaluation: Evaluation, clocks: ClockReading): Promise<void>;
  /** Replaces the checkpoint by one that knows how far the logs have come, and returns its path. */
  save(checkpoint: (logs: Progress["logs"]) => Promise<Checkpoint>): Promise<string>;
  finish(result: CompletedRun): Promise<void>;
  close(): Promise<void>;
}

/** The clocks in the columns of AlgoPerf's logs, whose `score` is the time of training alone. */
const clockColumns = [
  "global_step",
  "accumulated_submission_time",
  "accumulated_cpu_time",
  "accumulated_eval_time",
  "accumulated_logging_time",
  "total_duration",
  "score",
];

const clockCells = (step: number, clocks: ClockReading) => [
  step,
  clocks.seconds,
  clocks.cpuSeconds,
  clocks.evaluationSeconds,
  clocks.loggingSeconds,
  clocks.seconds + clocks.evaluationSeconds + clocks.loggingSeconds,
  clocks.seconds,
];

const splits = ["train", "validation", "test"] as const;

/**
 * Opens the store of a folder; rows that `logs` does not cover are cut off. Evaluations have a column for
 * each split and metric.
 */
export async function openRunStore(
  folder: string,
  logs: Progress["logs"],
  metrics: readonly Metric[],
): Promise<RunStore> {
  const measurements = await openCsvLog(
    join(folder, runFiles.measurements),
    [...clockColumns, "train/minibatch_loss"],
    logs.measurements,
  );
  const evaluations = await openCsvLog(
    join(folder, runFiles.evaluations),
    [
      ...clockColumns,
      ...splits.flatMap((split) => [...metrics, "num_examples"].map((measured) => `${split}/${measured}`)),
    ],
    logs.evaluations,
  ).catch(async (error: unknown) => {
    await measurements.close();
    throw error;
  });
  const checkpointPath = join(folder, runFiles.checkpoint);
  return {
    folder,
    logLoss(step, loss, clocks) {
      measurements.append([...clockCells(step, clocks), loss]);
    },
    async logEvaluation(step, evaluation, clocks) {
      const cells = splits.flatMap((split) => {
        const values = evaluation[split];
        return [...metrics.map((metric) => values?.[metric]), values?.count];
      });
      evaluations.append([...clockCells(step, clocks), ...cells]);
      await evaluations.flush();
      await measurements.flush();
    },
    async save(checkpoint) {
      const covered = { measurements: await measurements.sync(), evaluations: await evaluations.sync() };
      await writeFileAtomically(checkpointPath, encodeCheckpoint(await checkpoint(covered)));
      return checkpointPath;
    },
    finish: (result) => writeJsonAtomically(join(folder, runFiles.result), result),
    async close() {
      await measurements.flush();
      await evaluations.flush();
      await measurements.close();
      await evaluations.close();
    },
  };
}
