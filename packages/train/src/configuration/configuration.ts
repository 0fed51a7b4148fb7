import {
  formatOptimizerSpec,
  formatSchedule,
  type OptimizerSpec,
  optimizerOf,
  parseSchedule,
} from "@steepest/optim";
import type { LoadedWorkload, Workload } from "@steepest/workloads";
import { z } from "zod";
import {
  epochCount,
  invalidValue,
  positiveInteger,
  stepsOfEpochs,
  stepsPerEpoch,
  targetAccuracy,
  wholeNumber,
} from "./checks.js";
import { withShares } from "./shares.js";

/** What a caller may choose about a run; everything but the workload and the optimizer has a default. */
export interface TrainConfig {
  /** A registered name, or a workload of one's own. */
  readonly workload: string | Workload;
  readonly optimizer: OptimizerSpec;
  /** Shorthand for the optimizer's `lr`. */
  readonly learningRate?: number;
  /**
   * Factor on the learning rate as a function of the step, as `parseSchedule` reads it; steps may be shares
   * of the run: `5%`.
   */
  readonly schedule?: string;
  /** Bounds on the gradient before the update: on its norm over all parameters, and on each element. */
  readonly clip?: { readonly globalNorm?: number; readonly value?: number };
  readonly batchSize?: number;
  /** Length of the run: in steps, or in passes over the training examples (not both). */
  readonly steps?: number;
  readonly epochs?: number;
  /** Decides initial parameters, order of examples and dropout; 0 by default. */
  readonly seed?: number;
  /** Threads of the gradient's computation; 1 by default. */
  readonly threads?: number;
  /** Validation accuracy in (0, 1] that counts as reached. */
  readonly target?: number;
  /** Whether the run ends at the target; true by default. */
  readonly stopAtTarget?: boolean;
  /**
   * Periods in steps: of evaluations and of checkpoints (an epoch by default), of reports (10 by default).
   */
  readonly evaluateEvery?: number;
  readonly checkpointEvery?: number;
  readonly reportEvery?: number;
}

const count = z.int().min(1);

/** `run.json`: the whole of what decides a run's bits, every default filled in. */
export const runConfigurationSchema = z.strictObject({
  version: z.literal(1),
  workload: z.string(),
  dataSource: z.string(),
  procedural: z.boolean(),
  optimizer: z.string(),
  schedule: z.string().exactOptional(),
  clip: z
    .strictObject({ globalNorm: z.number().exactOptional(), value: z.number().exactOptional() })
    .exactOptional(),
  batchSize: count,
  steps: count,
  seed: z.int().min(0),
  threads: count,
  target: z.number().exactOptional(),
  stopAtTarget: z.boolean(),
  evaluateEvery: count,
  checkpointEvery: count,
  reportEvery: count,
});

/** A run's configuration with every default filled in: plain data, as it stands in `run.json`. */
export type RunConfiguration = Readonly<z.infer<typeof runConfigurationSchema>>;

/**
 * Fills in what a configuration leaves open.
 * @throws SteepestError `invalid-value` for values out of range or that exclude each other, `unknown-name`
 *   for unknown optimizers
 */
export function resolveConfiguration(
  config: TrainConfig,
  workload: Workload,
  loaded: LoadedWorkload,
): RunConfiguration {
  const batchSize = positiveInteger("batch size", config.batchSize ?? workload.defaults.batchSize);
  const epoch = stepsPerEpoch(workload, loaded, batchSize);
  const { clip, target } = config;
  if (target !== undefined) targetAccuracy(target);
  const steps = totalSteps(config, workload, epoch);
  const schedule = config.schedule === undefined ? undefined : withShares(config.schedule, steps);
  return {
    version: 1,
    workload: workload.name,
    dataSource: loaded.source,
    procedural: loaded.procedural,
    optimizer: formatOptimizerSpec(chooseOptimizer(config)),
    ...(schedule === undefined ? {} : { schedule: formatSchedule(parseSchedule(schedule)) }),
    ...(clip === undefined ? {} : { clip }),
    batchSize,
    steps,
    seed: wholeNumber("seed", config.seed ?? 0),
    threads: threadCount(config.threads ?? 1),
    ...(target === undefined ? {} : { target }),
    stopAtTarget: config.stopAtTarget ?? true,
    evaluateEvery: positiveInteger("evaluation period", config.evaluateEvery ?? epoch),
    checkpointEvery: positiveInteger("checkpoint period", config.checkpointEvery ?? epoch),
    reportEvery: positiveInteger("report period", config.reportEvery ?? 10),
  };
}

/** Each thread takes memory of its own, and far more threads than any machine has cores bring it down. */
const mostThreads = 256;

function threadCount(threads: number): number {
  if (positiveInteger("number of threads", threads) > mostThreads)
    throw invalidValue(
      `number of threads is ${threads}`,
      `Expected 1 to ${mostThreads}; more than the machine has cores never help`,
    );
  return threads;
}

function totalSteps({ steps, epochs }: TrainConfig, workload: Workload, epoch: number): number {
  if (steps !== undefined && epochs !== undefined)
    throw invalidValue(
      `the length is given twice: steps ${steps} and epochs ${epochs}`,
      "Give one of the two",
    );
  if (steps !== undefined) return positiveInteger("number of steps", steps);
  return stepsOfEpochs(epochCount(epochs ?? workload.defaults.epochs), epoch);
}

/**
 * The optimizer of a configuration, with the learning rate where one is given.
 * @throws SteepestError for unknown names and for values that are out of range or given twice
 */
export function chooseOptimizer({
  optimizer,
  learningRate,
}: Pick<TrainConfig, "optimizer" | "learningRate">): OptimizerSpec {
  const { name, hyper } = optimizer;
  const chosen =
    learningRate === undefined ? optimizer : { ...optimizer, hyper: { ...hyper, lr: learningRate } };
  if (hyper.lr !== undefined && hyper.lr !== chosen.hyper.lr)
    throw invalidValue(
      `the learning rate is given twice: ${hyper.lr} with ${name}, and ${learningRate}`,
      "Give one of the two",
    );
  optimizerOf(optimizer).choose(chosen);
  return chosen;
}
