import { formatOptimizerSpec, type OptimizerSpec, optimizerOf, parseSchedule } from "@steepest/optim";
import {
  chooseOptimizer,
  epochCount,
  invalidValue,
  metricSchema,
  positiveInteger,
  stepsOfEpochs,
  stepsPerEpoch,
  targetValue,
} from "@steepest/train";
import { findWorkload, type LoadedWorkload, type Workload } from "@steepest/workloads";
import { z } from "zod";
import { planFolders } from "../planFolder/planFolder.js";
import { quasiRandomSearch } from "../tuning/searchSpace.js";
import { describeEntrant, entrantFolder, parseEntrant } from "./entrant.js";

/** What a caller may choose about a comparison. */
export interface ComparisonConfig {
  readonly workload: string;
  /**
   * Specifications, or texts as `parseEntrant` reads them. One that fixes its learning rate (`adam:lr=0.01`)
   * is not tuned: it gets that one.
   */
  readonly optimizers: readonly (OptimizerSpec | string)[];
  /** Number of seeds, 3 by default: 0, 1, 2, ... */
  readonly seeds?: number;
  /** Quasi-random learning rates an optimizer, 3 by default. */
  readonly trials?: number;
  /**
   * Length of every trial in passes over the training examples. By default as many as the workload's budget
   * has at the batch size that it proposes, and so the length that its target was set for.
   */
  readonly epochs?: number;
  readonly batchSize?: number;
  /** What counts as reached on validation, in the metric of the workload's target; the workload's own by default. */
  readonly target?: number;
  /** Evaluations an epoch, 6 by default: the resolution of the steps to the target. */
  readonly evaluationsPerEpoch?: number;
}

const submissionSchema = z.strictObject({
  /** Its folder's name. */
  name: z.string(),
  /** What it goes by, its label or as it was asked for: `adam:beta1=0.8`. */
  optimizer: z.string(),
  /** The optimizer and its schedule in full, where the label does not say them. */
  setting: z.string().exactOptional(),
  /** Factor on its learning rate. */
  schedule: z.string().exactOptional(),
  /** Whether its learning rate was searched or given. */
  tuned: z.boolean(),
  points: z.array(z.strictObject({ optimizer: z.string(), learningRate: z.number().exactOptional() })),
});

/** {@link ComparisonPlan} in `plan.json`. */
export const comparisonPlanSchema = z.strictObject({
  version: z.literal(1),
  workload: z.string(),
  description: z.string(),
  source: z.string(),
  procedural: z.boolean(),
  parameterCount: z.int(),
  batchSize: z.int(),
  epochs: z.number(),
  steps: z.int(),
  evaluateEvery: z.int(),
  target: z.strictObject({ metric: metricSchema, split: z.string(), value: z.number() }),
  seeds: z.array(z.int()),
  submissions: z.array(submissionSchema),
});

/** The whole of what a comparison will do, every choice made: plain data, as it stands in `plan.json`. */
export type ComparisonPlan = Readonly<z.infer<typeof comparisonPlanSchema>>;

/** One optimizer of a plan, with the points at which it is tried. */
export type ComparedSubmission = Readonly<z.infer<typeof submissionSchema>>;

/** The learning rates searched reach from a tenth of the rule's default to ten times it. */
const searchFactor = 10;

/**
 * Makes a plan: loads the workload's data to know their size and source, and draws the learning rates. Every
 * optimizer that is tuned gets the same quasi-random points of [default / 10, 10 default] on a logarithmic
 * scale.
 *
 * @throws SteepestError for unknown names and for numbers out of range
 */
export async function planComparison(
  config: ComparisonConfig,
  notify: (message: string) => void = () => undefined,
): Promise<ComparisonPlan> {
  const workload = findWorkload(config.workload);
  const trials = positiveInteger("number of learning rates", config.trials ?? 3);
  const seeds = positiveInteger("number of seeds", config.seeds ?? 3);
  const evaluationsPerEpoch = positiveInteger(
    "number of evaluations an epoch",
    config.evaluationsPerEpoch ?? 6,
  );
  const batchSize = positiveInteger("batch size", config.batchSize ?? workload.defaults.batchSize);
  const { metric, split } = workload.target;
  const target = targetValue(metric, config.target ?? workload.target.value);
  // Before the data are read, which takes a while: names and values are wrong for any number of steps.
  submissionsOf(config.optimizers, trials, 1000);
  if (config.epochs !== undefined) epochCount(config.epochs);
  const loaded = await workload.load({ notify });
  const epoch = stepsPerEpoch(workload, loaded, batchSize);
  const epochs = config.epochs ?? ownEpochs(workload, loaded);
  const steps = stepsOfEpochs(epochs, epoch);
  const submissions = submissionsOf(config.optimizers, trials, steps);
  const evaluateEvery = Math.max(1, Math.floor(epoch / evaluationsPerEpoch));
  return {
    version: 1,
    workload: workload.name,
    description: workload.description,
    source: loaded.source,
    procedural: loaded.procedural,
    parameterCount: loaded.parameterCount,
    batchSize,
    epochs,
    steps,
    evaluateEvery: Math.min(steps, evaluateEvery),
    target: { metric, split, value: target },
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    submissions,
  };
}

/** The passes over the training examples of a workload's budget; what it proposes where it has none. */
const ownEpochs = (workload: Workload, loaded: LoadedWorkload): number =>
  workload.budget === undefined
    ? workload.defaults.epochs
    : workload.budget.stepHint / stepsPerEpoch(workload, loaded, workload.defaults.batchSize);

function submissionsOf(
  optimizers: readonly (OptimizerSpec | string)[],
  trials: number,
  steps: number,
): ComparedSubmission[] {
  if (optimizers.length === 0)
    throw invalidValue("no optimizer is given", "Name at least one, for example adam");
  const taken = new Set<string>();
  return optimizers.map((given) => {
    const entrant =
      typeof given === "string"
        ? parseEntrant(given, steps)
        : { label: formatOptimizerSpec(given), optimizer: given };
    const { label: optimizer, optimizer: spec, schedule } = entrant;
    chooseOptimizer({ optimizer: spec });
    if (schedule !== undefined) parseSchedule(schedule);
    const setting = describeEntrant(entrant);
    const folder = entrantFolder(optimizer);
    if (taken.has(folder)) throw invalidValue(`${optimizer} is given twice`, "Keep one of them");
    taken.add(folder);
    const points = learningRates(spec, trials).map((learningRate) => ({
      optimizer: formatOptimizerSpec(
        learningRate === undefined ? spec : { ...spec, hyper: { ...spec.hyper, lr: learningRate } },
      ),
      ...(learningRate === undefined ? {} : { learningRate }),
    }));
    return {
      ...{ name: folder, optimizer },
      ...(setting === optimizer ? {} : { setting }),
      ...(schedule === undefined ? {} : { schedule }),
      ...{ tuned: spec.hyper.lr === undefined && points.length > 1, points },
    };
  });
}

/** The learning rates at which an optimizer is tried; undefined for a rule that has none. */
function learningRates(spec: OptimizerSpec, trials: number): readonly (number | undefined)[] {
  if (spec.hyper.lr !== undefined) return [spec.hyper.lr];
  const typical = optimizerOf(spec).hyper.lr?.default;
  if (typical === undefined) return [undefined];
  const range = { scaling: "log", min: typical / searchFactor, max: typical * searchFactor } as const;
  // Four digits say all that a search over two decades can know, and keep folders and tables readable.
  return quasiRandomSearch({ lr: range }, trials).map(({ lr }) => Number((lr ?? typical).toPrecision(4)));
}

/** The folders of comparisons. */
export const comparisonFolders = planFolders({
  noun: "comparison",
  schema: comparisonPlanSchema,
  continueWith: (folder) => `Continue it with --resume ${JSON.stringify(folder)}`,
});
