import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@steepest/files";
import { formatOptimizerSpec, type OptimizerSpec, optimizerOf, SteepestError } from "@steepest/optim";
import { findWorkload } from "@steepest/workloads";
import { z } from "zod";
import { quasiRandomSearch } from "../tuning/searchSpace.js";

/** What a caller may choose about a comparison. */
export interface ComparisonConfig {
  readonly workload: string;
  /** One that fixes its learning rate (`adam:lr=0.01`) is not tuned: it gets that one. */
  readonly optimizers: readonly OptimizerSpec[];
  /** Number of seeds, 3 by default: 0, 1, 2, ... */
  readonly seeds?: number;
  /** Quasi-random learning rates an optimizer, 3 by default. */
  readonly trials?: number;
  /** Length of every trial in passes over the training examples; the workload's own by default. */
  readonly epochs?: number;
  readonly batchSize?: number;
  /** Validation accuracy that counts as reached; the workload's own by default. */
  readonly target?: number;
  /** Evaluations an epoch, 6 by default: the resolution of the steps to the target. */
  readonly evaluationsPerEpoch?: number;
}

const submissionSchema = z.strictObject({
  /** Its folder's name. */
  name: z.string(),
  /** As it was asked for: `adam:beta1=0.8`. */
  optimizer: z.string(),
  /** Whether its learning rate was searched or given. */
  tuned: z.boolean(),
  points: z.array(z.strictObject({ optimizer: z.string(), learningRate: z.number().exactOptional() })),
});

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
  target: z.strictObject({ metric: z.string(), split: z.string(), value: z.number() }),
  seeds: z.array(z.int()),
  submissions: z.array(submissionSchema),
});

/** The whole of what a comparison will do, every choice made: plain data, as it stands in `plan.json`. */
export type ComparisonPlan = Readonly<z.infer<typeof comparisonPlanSchema>>;

/** One optimizer of a plan, with the points at which it is tried. */
export type Submission = Readonly<z.infer<typeof submissionSchema>>;

/** The learning rates searched reach from a tenth of the rule's default to ten times it. */
const searchFactor = 10;

/** The file of a comparison's folder that says what belongs into it. */
export const planFile = "plan.json";

/**
 * Makes a plan: loads the workload's data to know their size and source, and draws the learning rates. Every optimizer that is tuned gets the same quasi-random
 * points of [default / 10, 10 default] on a logarithmic scale.
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
  const epochs = config.epochs ?? workload.defaults.epochs;
  if (!(epochs > 0 && Number.isFinite(epochs)))
    throw invalid(`number of epochs is ${epochs}`, "Expected a number > 0");
  const target = config.target ?? workload.target.value;
  if (!(target > 0 && target <= 1)) {
    throw invalid(`target is ${target}`, "Expected a validation accuracy in (0, 1], for example 0.85");
  }
  const submissions = submissionsOf(config.optimizers, trials);
  const loaded = await workload.load({ notify });
  const stepsPerEpoch = Math.floor(loaded.trainCount / batchSize);
  if (stepsPerEpoch < 1) {
    throw invalid(
      `batch size ${batchSize} exceeds the ${loaded.trainCount} training examples of ${workload.name}`,
      `Choose 1 to ${loaded.trainCount}`,
    );
  }
  return {
    version: 1,
    workload: workload.name,
    description: workload.description,
    source: loaded.source,
    procedural: loaded.procedural,
    parameterCount: loaded.parameterCount,
    batchSize,
    epochs,
    steps: Math.max(1, Math.round(epochs * stepsPerEpoch)),
    evaluateEvery: Math.max(1, Math.floor(stepsPerEpoch / evaluationsPerEpoch)),
    target: { ...workload.target, value: target },
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    submissions,
  };
}

function submissionsOf(optimizers: readonly OptimizerSpec[], trials: number): Submission[] {
  if (optimizers.length === 0) throw invalid("no optimizer is given", "Name at least one, for example adam");
  const taken = new Set<string>();
  return optimizers.map((spec) => {
    const optimizer = formatOptimizerSpec(spec);
    const folder = optimizer.replaceAll(/[^A-Za-z0-9.=_-]+/g, "_");
    if (taken.has(folder)) throw invalid(`${optimizer} is given twice`, "Keep one of them");
    taken.add(folder);
    const points = learningRates(spec, trials).map((learningRate) => ({
      optimizer: formatOptimizerSpec(
        learningRate === undefined ? spec : { ...spec, hyper: { ...spec.hyper, lr: learningRate } },
      ),
      ...(learningRate === undefined ? {} : { learningRate }),
    }));
    return { name: folder, optimizer, tuned: spec.hyper.lr === undefined && points.length > 1, points };
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

/**
 * Makes a folder the place of a plan, or finds it so already.
 * @returns whether the folder held the same plan before
 * @throws SteepestError `misuse` where it holds another plan: trials of different configurations are never mixed
 */
export async function claimFolder(folder: string, plan: ComparisonPlan): Promise<boolean> {
  const path = join(folder, planFile);
  const held = await readPlan(folder);
  if (held === undefined) {
    await writeFileAtomically(path, `${JSON.stringify(plan, undefined, 2)}\n`);
    return false;
  }
  const differing = Object.entries(plan).flatMap(([key, value]) =>
    JSON.stringify(value) === JSON.stringify(Object.entries(held).find(([name]) => name === key)?.[1])
      ? []
      : [key],
  );
  if (differing.length > 0) {
    throw new SteepestError(
      "misuse",
      `${folder} holds another comparison: its ${differing.join(", ")} differ`,
      "Choose another folder, or repeat the options that it was started with",
    );
  }
  return true;
}

/**
 * The plan of a folder; undefined where it holds none.
 * @throws SteepestError `malformed-file` for a damaged plan
 */
export async function readPlan(folder: string): Promise<ComparisonPlan | undefined> {
  const path = join(folder, planFile);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    return comparisonPlanSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SteepestError("malformed-file", `${path} is no plan of a comparison`, "Choose another folder", {
      cause,
    });
  }
}

const invalid = (message: string, fix: string) => new SteepestError("invalid-value", message, fix);

function positiveInteger(what: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw invalid(`${what} is ${value}`, "Expected an integer >= 1");
  return value;
}
