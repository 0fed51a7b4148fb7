import { isAbsolute, resolve } from "node:path";
import { parseSchedule, registry, unknownName } from "@steepest/optim";
import { chooseOptimizer, invalidValue, stepsOfEpochs, stepsPerEpoch } from "@steepest/train";
import {
  type Budget,
  drawHeldOut,
  findWorkload,
  type LoadedWorkload,
  type Workload,
} from "@steepest/workloads";
import { z } from "zod";
import { entrantFolder, parseEntrant } from "../comparison/entrant.js";
import { scoringClockSchema } from "../scoring/rules/clock.js";
import {
  type Hyperparameters,
  hasModuleEnding,
  hyperparametersSchema,
  isSubmissionPath,
  loadSubmission,
  submissionNames,
  tuningPoints,
} from "../submission/index.js";
import { type BenchConfiguration, engineSchema } from "./configuration.js";

const workloadSchema = z.strictObject({
  name: z.string(),
  /** The workload of which this is a held-out variant. */
  base: z.string().exactOptional(),
  source: z.string(),
  procedural: z.boolean(),
  parameterCount: z.int(),
  metric: z.string(),
  direction: z.enum(["min", "max"]),
  /** On the validation split. */
  target: z.number(),
  testTarget: z.number().exactOptional(),
  /** What the workload proposes; a submission chooses. */
  batchSize: z.int(),
  /** The length that schedules are made for. */
  stepHint: z.int(),
  /** After so many, or after so long, a trial has missed the target. */
  steps: z.int(),
  cpuSeconds: z.number().exactOptional(),
  seconds: z.number().exactOptional(),
  evaluateEvery: z.int(),
});

/** A workload of a plan: what it is solved by, and how long a trial may take. */
export type PlannedWorkload = Readonly<z.infer<typeof workloadSchema>>;

type Limits = Pick<PlannedWorkload, "steps" | "cpuSeconds" | "seconds">;

const submissionSchema = z.strictObject({
  /** Its folder's name. */
  name: z.string(),
  /** A module's name or path, or an optimizer with its schedule as the command line takes them. */
  source: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("module"), module: z.string() }),
    z.strictObject({ kind: z.literal("optimizer"), optimizer: z.string() }),
  ]),
  /** The hyper-parameters of the trials of a study. */
  points: z.array(hyperparametersSchema),
  /** The order in which each study tries them, where that is not the same for all: places in `points`. */
  orders: z.array(z.array(z.int())).exactOptional(),
});

/** A submission of a plan. */
export type PlannedSubmission = Readonly<z.infer<typeof submissionSchema>>;

/** How many trials a submission has in each study. */
export const trialsOfStudy = ({ points }: PlannedSubmission): number => points.length;

/** The hyper-parameters of a trial; study and trial count from 1. */
export const pointOf = ({ points, orders }: PlannedSubmission, study: number, trial: number) =>
  points[orders?.[study - 1]?.[trial - 1] ?? trial - 1] ?? {};

/** {@link BenchPlan} in `plan.json`. */
export const benchPlanSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal("bench"),
  name: z.string(),
  rules: z.enum(["external", "self"]),
  clock: scoringClockSchema,
  seed: z.int(),
  studies: z.int(),
  workloads: z.array(workloadSchema),
  submissions: z.array(submissionSchema),
  engine: engineSchema,
});

/**
 * The whole of what a bench will do, every choice made: plain data, as it stands in `plan.json`. Its trials
 * are numbered; what a number stands for is arithmetic (`placeOfTrial`), so that a hundred thousand trials
 * take no longer to plan than ten.
 */
export type BenchPlan = Readonly<z.infer<typeof benchPlanSchema>>;

/**
 * Makes a plan: loads each workload's data to know their source and size, and fixes every choice.
 * @throws SteepestError for unknown names and for numbers out of range
 */
export async function planBench(
  configuration: BenchConfiguration,
  notify: (message: string) => void = () => undefined,
): Promise<BenchPlan> {
  const { name, rules, clock, seed, studies, engine } = configuration;
  const bases = distinct("workload", configuration.workloads).map(findWorkload);
  const found = [...bases, ...heldOutOf(bases, configuration)];
  const known = found.map((workload) => workload.name);
  const unused = Object.keys(configuration.budgets).find((key) => !known.includes(key));
  if (unused !== undefined) throw unknownName("workload in budgets", unused, known);
  const submissions: PlannedSubmission[] = [];
  for (const submission of distinct("submission", configuration.submissions))
    submissions.push(await plannedSubmission(submission, configuration));
  distinct(
    "name of a submission",
    submissions.map((submission) => submission.name),
  );
  const workloads: PlannedWorkload[] = [];
  for (const workload of found) workloads.push(await plannedWorkload(workload, configuration, notify));
  return { version: 1, kind: "bench", name, rules, clock, seed, studies, workloads, submissions, engine };
}

/** The held-out variants that a configuration asks for. */
function heldOutOf(bases: readonly Workload[], { heldOut, seed }: BenchConfiguration): readonly Workload[] {
  if (heldOut === "none") return [];
  if (heldOut === "draw") return bases.flatMap((base) => drawHeldOut(base, seed) ?? []);
  const variants = bases.flatMap((base) => base.heldOut ?? []);
  return distinct("held-out workload", heldOut).map((name) => {
    const found = variants.find((variant) => variant.name === name);
    if (found !== undefined) return found;
    const names = variants.map((variant) => variant.name);
    throw unknownName("held-out variant of the plan's workloads", name, names);
  });
}

/** Six evaluations an epoch, over the epochs that the workload proposes. */
function unmeasuredBudget(workload: Workload, loaded: LoadedWorkload): Budget {
  const { batchSize, epochs } = workload.defaults;
  const epoch = stepsPerEpoch(workload, loaded, batchSize);
  const steps = stepsOfEpochs(epochs, epoch);
  return { stepHint: steps, steps, evaluateEvery: Math.max(1, Math.min(steps, Math.floor(epoch / 6))) };
}

/** Limits by a factor. */
const longer = (factor: number, { steps, cpuSeconds, seconds }: Limits): Limits => ({
  steps: Math.round(steps * factor),
  ...(cpuSeconds === undefined ? {} : { cpuSeconds: cpuSeconds * factor }),
  ...(seconds === undefined ? {} : { seconds: seconds * factor }),
});

function distinct(kind: string, names: readonly string[]): readonly string[] {
  const double = names.find((name, index) => names.indexOf(name) < index);
  if (double === undefined) return names;
  throw invalidValue(`${kind} ${JSON.stringify(double)} is given twice`, "Keep one of them");
}

async function plannedWorkload(
  workload: Workload,
  { budgets, rules, selfTuningBudget }: BenchConfiguration,
  notify: (message: string) => void,
): Promise<PlannedWorkload> {
  const loaded = await workload.load({ notify });
  const factor = rules === "self" ? selfTuningBudget : 1;
  const { name, base, target, defaults } = workload;
  const { source, procedural, parameterCount } = loaded;
  const { batchSize } = defaults;
  const own = workload.budget ?? unmeasuredBudget(workload, loaded);
  const { stepHint = own.stepHint, evaluateEvery = own.evaluateEvery, ...given } = budgets[name] ?? {};
  const limits = longer(factor, { steps: own.steps, ...given });
  if (evaluateEvery > limits.steps)
    throw invalidValue(
      `${name} would be evaluated every ${evaluateEvery} steps in a budget of ${limits.steps}`,
      "Lower evaluateEvery in its budget, or raise steps",
    );
  return {
    ...{ name, ...(base === undefined ? {} : { base }), source, procedural, parameterCount },
    ...{ metric: `${target.split}/${target.metric}`, direction: target.direction, target: target.value },
    ...(target.test === undefined ? {} : { testTarget: target.test }),
    ...{ batchSize, stepHint, evaluateEvery, ...limits },
  };
}

/** A colon, equals or plus before any slash or dot: an optimizer with settings, unless it ends as a module. */
const optimizerText = /^[^/\\.]*[:=+]/;

/** Whether an optimizer is meant; where a submission has the name of one, the submission. */
const isOptimizer = (given: string): boolean =>
  (optimizerText.test(given) && !isAbsolute(given) && !hasModuleEnding(given)) ||
  (!submissionNames.includes(given) && registry.some(({ name }) => name === given));

async function plannedSubmission(
  given: string,
  { rules, studies, trials, seed }: BenchConfiguration,
): Promise<PlannedSubmission> {
  if (isOptimizer(given)) {
    // A trial reads it again with its own number of steps; what is wrong with it is so for any.
    const { label, optimizer, schedule } = parseEntrant(given, 1000);
    chooseOptimizer({ optimizer });
    if (schedule !== undefined) parseSchedule(schedule);
    return {
      name: entrantFolder(label),
      source: { kind: "optimizer", optimizer: given },
      points: [{}],
    };
  }
  const submission = await loadSubmission(given);
  if (rules === "self" && submission.tuning.kind !== "self")
    throw invalidValue(
      `${submission.name} brings hyper-parameters to choose from, and under rules: self nobody chooses`,
      "Leave it out, or write rules: external",
    );
  return {
    name: submission.name,
    // Workers may have another working folder.
    source: { kind: "module", module: isSubmissionPath(given) ? resolve(given) : given },
    ...pointsOfStudies(
      Array.from({ length: studies }, (_, study) =>
        tuningPoints(submission, { trials, study: study + 1, seed }),
      ),
    ),
  };
}

/** Every study tries the same points, in an order of its own: said once, and orders only where they differ. */
function pointsOfStudies(
  studies: readonly (readonly Hyperparameters[])[],
): Pick<PlannedSubmission, "points" | "orders"> {
  const points = [...(studies[0] ?? [])];
  const places = new Map(points.map((point, place) => [JSON.stringify(point), place]));
  const orders = studies.map((study) => study.map((point) => places.get(JSON.stringify(point)) ?? -1));
  if (orders.flat().includes(-1))
    throw new Error("internal: studies of one submission with different points");
  return orders.every((order) => order.every((place, trial) => place === trial))
    ? { points }
    : { points, orders };
}
