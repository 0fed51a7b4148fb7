import { formatOptimizerSpec } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { invalidValue } from "@steepest/train";
import { parseEntrant } from "../comparison/entrant.js";
import type { TrialConfiguration } from "../trial/configuration.js";
import { type TrialPlace, trialFolder } from "../trial/layout.js";
import {
  type BenchPlan,
  type PlannedSubmission,
  type PlannedWorkload,
  pointOf,
  trialsOfStudy,
} from "./plan.js";
import { scoringOf } from "./ruleset.js";

/** A trial of a plan. */
export interface BenchTrial {
  /** From 0. */
  readonly index: number;
  readonly place: TrialPlace;
  readonly submission: PlannedSubmission;
  readonly workload: PlannedWorkload;
}

const trialsOfWorkload = ({ submissions }: BenchPlan): number =>
  submissions.reduce((sum, submission) => sum + trialsOfStudy(submission), 0);

/** How many trials a plan has. */
export const countTrials = (plan: BenchPlan): number =>
  plan.studies * plan.workloads.length * trialsOfWorkload(plan);

/**
 * The trial of a number: study by study, so that an interrupted bench has whole studies and slow spells fall
 * on all submissions alike; within a study workload by workload, submission by submission, trial by trial.
 * @throws SteepestError `invalid-value` where the plan has no such trial
 */
export function trialOf(plan: BenchPlan, index: number): BenchTrial {
  const perWorkload = trialsOfWorkload(plan);
  const study = Math.floor(index / (perWorkload * plan.workloads.length));
  const workload = plan.workloads[Math.floor(index / perWorkload) % plan.workloads.length];
  let rest = index % perWorkload;
  if (Number.isInteger(index) && index >= 0 && study < plan.studies && workload !== undefined)
    for (const submission of plan.submissions) {
      const trials = trialsOfStudy(submission);
      if (rest < trials) {
        const place = {
          submission: submission.name,
          study: study + 1,
          workload: workload.name,
          trial: rest + 1,
        };
        return { index, place, submission, workload };
      }
      rest -= trials;
    }
  throw invalidValue(
    `there is no trial ${index}`,
    `Expected a whole number from 0 to ${countTrials(plan) - 1}`,
  );
}

/** The folder of a trial in the folder of its bench. */
export const folderOfTrial = (bench: string, { place }: BenchTrial): string => trialFolder(bench, place);

/** A trial's seed: of the plan's seed, study, workload and trial, and the same for all submissions. */
const seedOfTrial = ({ seed }: BenchPlan, { study, workload, trial }: TrialPlace): number =>
  randomStream(seed, "bench", study, workload, trial).integer(2 ** 31);

/** What a trial runs. */
export function configurationOfTrial(
  plan: BenchPlan,
  { place, submission, workload }: BenchTrial,
): TrialConfiguration {
  const { target, testTarget, stepHint, steps, evaluateEvery, batchSize, cpuSeconds, seconds } = workload;
  const common = {
    workload: workload.name,
    seed: seedOfTrial(plan, place),
    ...{ target, stepHint, steps, evaluateEvery, batchSize, stopAtTarget: true },
    ...(testTarget === undefined ? {} : { testTarget }),
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    ...(seconds === undefined ? {} : { seconds }),
    scoring: scoringOf(plan, workload),
  };
  const { source } = submission;
  if (source.kind === "module")
    return {
      ...common,
      submission: source.module,
      hyperparameters: pointOf(submission, place.study, place.trial),
    };
  const { optimizer, schedule } = parseEntrant(source.optimizer, stepHint);
  return {
    ...common,
    optimizer: formatOptimizerSpec(optimizer),
    ...(schedule === undefined ? {} : { schedule }),
  };
}
