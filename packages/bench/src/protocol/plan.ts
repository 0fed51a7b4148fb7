import { parseSchedule, type SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { chooseOptimizer, invalidValue, stepsOfEpochs, stepsPerEpoch } from "@steepest/train";
import { findWorkload, type Workload } from "@steepest/workloads";
import { z } from "zod";
import { parseEntrant } from "../comparison/entrant.js";
import { scoringClockSchema } from "../scoring/rules/clock.js";
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
  target: z.number(),
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

const submissionSchema = z.strictObject({
  /** Its folder's name. */
  name: z.string(),
  optimizer: z.string(),
  /** Trials of each study. */
  trials: z.int(),
});

/** A submission of a plan. */
export type PlannedSubmission = Readonly<z.infer<typeof submissionSchema>>;

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
  const found = distinct("workload", configuration.workloads).map(findWorkload);
  const unused = Object.keys(configuration.budgets).find((key) => !configuration.workloads.includes(key));
  if (unused !== undefined)
    throw invalidValue(
      `budgets names ${JSON.stringify(unused)}, which is none of the plan's workloads`,
      `Expected one of: ${configuration.workloads.join(", ")}`,
    );
  const submissions = distinct("submission", configuration.submissions).map(plannedSubmission);
  const workloads: PlannedWorkload[] = [];
  for (const workload of found) workloads.push(await plannedWorkload(workload, configuration, notify));
  return { version: 1, kind: "bench", name, rules, clock, seed, studies, workloads, submissions, engine };
}

function distinct(kind: string, names: readonly string[]): readonly string[] {
  const double = names.find((name, index) => names.indexOf(name) < index);
  if (double === undefined) return names;
  throw invalidValue(`${kind} ${JSON.stringify(double)} is given twice`, "Keep one of them");
}

async function plannedWorkload(
  workload: Workload,
  { budgets }: BenchConfiguration,
  notify: (message: string) => void,
): Promise<PlannedWorkload> {
  const loaded = await workload.load({ notify });
  const { batchSize, epochs } = workload.defaults;
  const { source, procedural, parameterCount } = loaded;
  const epoch = stepsPerEpoch(workload, loaded, batchSize);
  const { steps = stepsOfEpochs(epochs, epoch), ...limits } = budgets[workload.name] ?? {};
  const { metric, split, value: target } = workload.target;
  return {
    ...{ name: workload.name, source, procedural, parameterCount },
    ...{
      metric: `${split}/${metric}`,
      direction: "max",
      target,
      batchSize,
      stepHint: steps,
      steps,
      ...limits,
    },
    evaluateEvery: Math.max(1, Math.min(steps, Math.floor(epoch / 6))),
  };
}

function plannedSubmission(text: string): PlannedSubmission {
  const { label, optimizer, schedule } = parseEntrant(text, 1000);
  chooseOptimizer({ optimizer });
  if (schedule !== undefined) parseSchedule(schedule);
  return { name: label.replaceAll(/[^A-Za-z0-9.=_-]+/g, "_"), optimizer: text, trials: 1 };
}

/** A trial's seed: of the plan's seed, study, workload and trial, and the same for all submissions. */
export const seedOfTrial = (seed: number, study: number, workload: string, trial: number): number =>
  randomStream(seed, "bench", study, workload, trial).integer(2 ** 31);

/** The error of a number that no trial of a plan has. */
export const noSuchTrial = (index: number, count: number): SteepestError =>
  invalidValue(`there is no trial ${index}`, `Expected a whole number from 0 to ${count - 1}`);
