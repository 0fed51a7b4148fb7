import {
  formatOptimizerSpec,
  formatSchedule,
  type OptimizerSpec,
  optimizerOf,
  parseSchedule,
} from "@steepest/optim";
import { type Checkpointing, type LoadedWorkload, microBatchSize, type Workload } from "@steepest/workloads";
import { z } from "zod";
import type { TrainingMethod } from "../loop/method.js";
import { metricSchema } from "../loop/result.js";
import {
  epochCount,
  invalidValue,
  positiveInteger,
  positiveNumber,
  properShare,
  stepsOfEpochs,
  stepsPerEpoch,
  targetValue,
  threadCount,
  wholeNumber,
} from "./checks.js";
import { withShares } from "./shares.js";

/** How long between two evaluations: steps, or time of training since the last one's end. */
export type EvaluationPeriod = number | { readonly seconds: number } | { readonly cpuSeconds: number };

/** What weight decay is of. */
export type WeightDecay = "all" | "matrices";

/** Time of training after which a run ends, whatever it has reached. */
export interface TimeBudget {
  /** On the wall. */
  readonly seconds?: number;
  /** Of all processor cores together. */
  readonly cpuSeconds?: number;
}

/** What a caller may choose about a run; everything but the workload and the optimizer has a default. */
export interface TrainConfig {
  /** A registered name, or a workload of one's own. */
  readonly workload: string | Workload;
  /** An optimizer's specification, or code that trains. */
  readonly optimizer: OptimizerSpec | TrainingMethod;
  /**
   * Whether what is left open here is as in the workload's recipe, where it has one: its values of the
   * optimizer's hyper-parameters, its schedule, clipping, decay, length and periods. False by default: then
   * the defaults named here hold.
   */
  readonly recipe?: boolean;
  /** Shorthand for the optimizer's `lr`. */
  readonly learningRate?: number;
  /**
   * Factor on the learning rate as a function of the step, as `parseSchedule` reads it; steps may be shares
   * of the run: `5%`.
   */
  readonly schedule?: string;
  /** Bounds on the gradient before the update: on its norm over all parameters, and on each element. */
  readonly clip?: { readonly globalNorm?: number; readonly value?: number };
  /**
   * Which parameters the optimizer's weight decay is of: all (default), or matrices, those of two dimensions
   * or more.
   */
  readonly decay?: WeightDecay;
  readonly batchSize?: number;
  /** Equal parts that each step's gradient is computed in, one after the other, to save memory; default 1. */
  readonly accumulate?: number;
  /**
   * What the backward pass computes a second time instead of keeping it, to save memory; nothing by default.
   * The bits are the same.
   */
  readonly checkpointing?: Checkpointing;
  /** Most steps of the run, or most passes over the training examples (not both). */
  readonly steps?: number;
  readonly epochs?: number;
  /** Ends the run earlier where its clocks say so; none by default. */
  readonly budget?: TimeBudget;
  /**
   * The steps that the run is expected to take, AlgoPerf's `step_hint`: shares in a schedule are shares of
   * them, and methods plan for them. The most steps by default.
   */
  readonly horizon?: number;
  /** Decides initial parameters, order of examples and dropout; 0 by default. */
  readonly seed?: number;
  /** Threads of the gradient's computation; 1 by default. */
  readonly threads?: number;
  /**
   * Steps made before the run, on the mini-batches behind its last, after which everything is as it was;
   * neither they nor the compilation of the network are timed. None by default, and then compilation counts.
   */
  readonly warmUpSteps?: number;
  /** Dropout and label smoothing in [0, 1) in place of the workload's own; one without either leaves them. */
  readonly dropout?: number;
  readonly labelSmoothing?: number;
  /** What counts as reached on the validation split, in the metric of the workload's target. */
  readonly target?: number;
  /** What is to be reached on the test split too, which is then evaluated as often; not without `target`. */
  readonly testTarget?: number;
  /** Whether the run ends once every target has been reached; true by default. */
  readonly stopAtTarget?: boolean;
  /** An epoch by default. */
  readonly evaluateEvery?: EvaluationPeriod;
  /** Whether validation is evaluated before the first update too; false by default. */
  readonly evaluateFirst?: boolean;
  /** Periods in steps: of checkpoints (an epoch by default), of reports (10 by default). */
  readonly checkpointEvery?: number;
  readonly reportEvery?: number;
}

const count = z.int().min(1);
const duration = z.number().positive();

/** `run.json`: the whole of what decides a run's bits, every default filled in. */
export const runConfigurationSchema = z.strictObject({
  version: z.literal(1),
  workload: z.string(),
  dataSource: z.string(),
  procedural: z.boolean(),
  optimizer: z.string(),
  /** Whether `optimizer` is a specification, or the name of code that a run can be resumed with alone. */
  optimizerKind: z.enum(["specification", "method"]).default("specification"),
  /** What the name of such code leaves open. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
  schedule: z.string().exactOptional(),
  clip: z
    .strictObject({ globalNorm: z.number().exactOptional(), value: z.number().exactOptional() })
    .exactOptional(),
  /** Where it is not of all parameters. */
  decay: z.literal("matrices").exactOptional(),
  batchSize: count,
  /** Where it is more than 1. */
  accumulate: count.exactOptional(),
  /** Where it is not "none". */
  checkpointing: z.union([z.literal("full"), z.strictObject({ every: count })]).exactOptional(),
  steps: count,
  budget: z
    .strictObject({ seconds: duration.exactOptional(), cpuSeconds: duration.exactOptional() })
    .exactOptional(),
  /** Where it is not `steps`. */
  horizon: count.exactOptional(),
  seed: z.int().min(0),
  threads: count,
  warmUpSteps: count.exactOptional(),
  dropout: z.number().exactOptional(),
  labelSmoothing: z.number().exactOptional(),
  /** What targets are in, and what decides which evaluation is the best. */
  metric: metricSchema.default("accuracy"),
  target: z.number().exactOptional(),
  testTarget: z.number().exactOptional(),
  stopAtTarget: z.boolean(),
  evaluateEvery: z.union([
    count,
    z.strictObject({ seconds: duration }),
    z.strictObject({ cpuSeconds: duration }),
  ]),
  /** Where it is true. */
  evaluateFirst: z.boolean().exactOptional(),
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
  const { clip } = config;
  const steps = totalSteps(config, workload, epoch);
  const horizon = positiveInteger("horizon", config.horizon ?? steps);
  const schedule = config.schedule === undefined ? undefined : withShares(config.schedule, horizon);
  return {
    version: 1,
    workload: workload.name,
    dataSource: loaded.source,
    procedural: loaded.procedural,
    ...trainerOf(config),
    ...(schedule === undefined ? {} : { schedule: formatSchedule(parseSchedule(schedule)) }),
    ...(clip === undefined ? {} : { clip }),
    ...(config.decay === "matrices" ? { decay: config.decay } : {}),
    batchSize,
    ...accumulation(config, batchSize),
    ...recomputation(config),
    steps,
    ...timeBudget(config.budget),
    ...(horizon === steps ? {} : { horizon }),
    seed: wholeNumber("seed", config.seed ?? 0),
    threads: threadCount(config.threads ?? 1),
    ...(config.warmUpSteps === undefined
      ? {}
      : { warmUpSteps: positiveInteger("number of warm-up steps", config.warmUpSteps) }),
    ...regularisation(config),
    ...goals(config, workload, loaded),
    evaluateEvery: evaluationPeriod(config.evaluateEvery ?? epoch),
    ...(config.evaluateFirst === true ? { evaluateFirst: true } : {}),
    checkpointEvery: positiveInteger("checkpoint period", config.checkpointEvery ?? epoch),
    reportEvery: positiveInteger("report period", config.reportEvery ?? 10),
  };
}

/** @throws SteepestError where settings of optimizers are given beside code that has none */
function trainerOf(config: TrainConfig): Pick<RunConfiguration, "optimizer" | "optimizerKind" | "settings"> {
  const { optimizer } = config;
  if (!isMethod(optimizer))
    return {
      optimizer: formatOptimizerSpec(chooseOptimizer({ ...config, optimizer })),
      optimizerKind: "specification",
    };
  for (const name of ["learningRate", "schedule", "clip", "decay"] as const)
    if (config[name] !== undefined)
      throw invalidValue(
        `${name} is given for ${optimizer.name}, which is a method of its own and no optimizer's specification`,
        "Leave it out, or build it into the method",
      );
  const { name, settings } = optimizer;
  return { optimizer: name, optimizerKind: "method", ...(settings === undefined ? {} : { settings }) };
}

/** @throws SteepestError `invalid-value` where the batch cannot be cut into so many equal parts */
function accumulation(
  { accumulate = 1 }: TrainConfig,
  batchSize: number,
): Pick<RunConfiguration, "accumulate"> {
  microBatchSize(batchSize, accumulate);
  return accumulate === 1 ? {} : { accumulate };
}

/** @throws SteepestError `invalid-value` where it is of no positive number of blocks each */
function recomputation({ checkpointing = "none" }: TrainConfig): Pick<RunConfiguration, "checkpointing"> {
  if (checkpointing === "none") return {};
  if (checkpointing !== "full")
    positiveInteger("number of blocks computed again at once", checkpointing.every);
  return { checkpointing };
}

/** Whether it is code that trains, in place of an optimizer's specification. */
export const isMethod = (optimizer: OptimizerSpec | TrainingMethod): optimizer is TrainingMethod =>
  "create" in optimizer;

function timeBudget(budget: TimeBudget | undefined): Pick<RunConfiguration, "budget"> {
  if (budget === undefined) return {};
  const { seconds, cpuSeconds } = budget;
  if (seconds !== undefined) positiveNumber("budget in seconds", seconds);
  if (cpuSeconds !== undefined) positiveNumber("budget in CPU seconds", cpuSeconds);
  return { budget };
}

function regularisation({
  dropout,
  labelSmoothing,
}: TrainConfig): Pick<RunConfiguration, "dropout" | "labelSmoothing"> {
  return {
    ...(dropout === undefined ? {} : { dropout: properShare("dropout", dropout) }),
    ...(labelSmoothing === undefined
      ? {}
      : { labelSmoothing: properShare("label smoothing", labelSmoothing) }),
  };
}

function goals(
  { target, testTarget, stopAtTarget = true }: TrainConfig,
  workload: Workload,
  { metrics }: LoadedWorkload,
): Pick<RunConfiguration, "metric" | "target" | "testTarget" | "stopAtTarget"> {
  const { metric } = workload.target;
  if (!metrics.includes(metric))
    throw invalidValue(
      `the target of ${workload.name} is in ${metric}, but its evaluations measure ${metrics.join(" and ")}`,
      "Set the target in what the workload measures",
    );
  if (testTarget !== undefined && target === undefined)
    throw invalidValue(
      `a test target, ${testTarget}, is given without a validation target`,
      `Give both, for example target ${workload.target.value}`,
    );
  return {
    metric,
    ...(target === undefined ? {} : { target: targetValue(metric, target) }),
    ...(testTarget === undefined ? {} : { testTarget: targetValue(metric, testTarget, "test") }),
    stopAtTarget,
  };
}

function evaluationPeriod(period: EvaluationPeriod): EvaluationPeriod {
  if (typeof period === "number") return positiveInteger("evaluation period", period);
  if ("seconds" in period) positiveNumber("evaluation period in seconds", period.seconds);
  else positiveNumber("evaluation period in CPU seconds", period.cpuSeconds);
  return period;
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
}: {
  readonly optimizer: OptimizerSpec;
  readonly learningRate?: number;
}): OptimizerSpec {
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
