import { join } from "node:path";
import type { FolderHold } from "@steepest/files";
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
  /** Whether a checkpoint stays in the folder of a run that is complete. */
  readonly keepsCheckpoint: boolean;
  /** Replaces the checkpoint by one that knows how far the logs have come, and returns its path. */
  save(checkpoint: (logs: Progress["logs"]) => Promise<Checkpoint>): Promise<string>;
  /** Marks the run complete, when all else of it is on the disk. */
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

/** What a store is opened for. */
export interface StoreOptions {
  /** Rows that these bytes do not cover are cut off. */
  readonly logs: Progress["logs"];
  /** Evaluations have a column for each split and metric. */
  readonly metrics: readonly Metric[];
  /** Whether a checkpoint stays in the folder of a run that is complete; true by default. */
  readonly keepCheckpoint?: boolean;
  /** Called when a run that is over has left all but its result. */
  readonly beforeResult?: () => Promise<void>;
}

/** Opens the store of a folder. */
export async function openRunStore(
  hold: FolderHold,
  { logs, metrics, keepCheckpoint = true, beforeResult }: StoreOptions,
): Promise<RunStore> {
  const measurements = await openCsvLog(
    hold,
    runFiles.measurements,
    [...clockColumns, "train/minibatch_loss"],
    logs.measurements,
  );
  const evaluations = await openCsvLog(
    hold,
    runFiles.evaluations,
    [
      ...clockColumns,
      ...splits.flatMap((split) => [...metrics, "num_examples"].map((measured) => `${split}/${measured}`)),
    ],
    logs.evaluations,
  ).catch(async (error: unknown) => {
    await measurements.close();
    throw error;
  });
  const { folder } = hold;
  // One after the other would wait for the disk twice.
  const sync = async (): Promise<Progress["logs"]> => {
    const [first, second] = await Promise.all([measurements.sync(), evaluations.sync()]);
    return { measurements: first, evaluations: second };
  };
  return {
    folder,
    keepsCheckpoint: keepCheckpoint,
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
      await hold.write(runFiles.checkpoint, encodeCheckpoint(await checkpoint(await sync())));
      return join(folder, runFiles.checkpoint);
    },
    async finish(result) {
      await Promise.all([sync(), beforeResult?.()]);
      // On a full disk the result may find no place: until it has one, the checkpoint is all there is.
      await hold.writeJson(runFiles.result, result, keepCheckpoint ? {} : { replaces: runFiles.checkpoint });
    },
    async close() {
      await measurements.flush();
      await evaluations.flush();
      await measurements.close();
      await evaluations.close();
    },
  };
}
