import { SteepestError } from "@steepest/optim";
import { train } from "@steepest/train";
import { mean, standardDeviation } from "../statistics/descriptive.js";
import { trainingOf } from "../trial/configuration.js";
import { sharedWorkloads } from "../trial/sharedWorkloads.js";
import { type BenchPlan, type PlannedWorkload, trialsOfStudy } from "./plan.js";
import { type BenchTrial, configurationOfTrial, trialOf } from "./trials.js";

/** What a bench will cost. */
export interface BenchEstimate {
  /** CPU seconds of all trials if each goes to its budget; targets that are reached end them earlier. */
  readonly cpuSeconds: {
    readonly expected: number;
    /** 95 %, by what steps differed in the warm-up. */
    readonly low: number;
    readonly high: number;
  };
  /** On the disk, when all trials are complete. */
  readonly bytes: number;
}

/** Steps of a warm-up: those of the second half count, where methods that wait for their first roots have them. */
const warmUpSteps = 200;
/** Steps between two readings of the clock. */
const blockSteps = 10;
/** CPU seconds after which the warm-up of one submission on one workload ends, with what it has. */
const mostSeconds = 4;

/** Bytes of a row of each log, and of the files and folders beside them as most file systems keep them. */
const [lossRowBytes, evaluationRowBytes, otherBytes] = [145, 190, 6 * 4096];
/** Steps between two rows of the log of losses, which trials leave at its default. */
const reportEvery = 10;

/**
 * Predicts what a plan costs, by a few steps of every submission on every workload.
 * @param progress is told how many of them are done
 */
export async function estimateBench(
  plan: BenchPlan,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<BenchEstimate> {
  const workloads = sharedWorkloads();
  const pairs = plan.workloads.length * plan.submissions.length;
  let [expected, variance, done] = [0, 0, 0];
  for (const trial of firstTrials(plan)) {
    progress(done++, pairs);
    const { setup, blocks } = await warmUp(plan, trial, workloads);
    const trials = plan.studies * trialsOfStudy(trial.submission);
    const perStep = trials * trial.workload.steps;
    expected += trials * setup + (perStep * mean(blocks)) / blockSteps;
    // All trials of a pair share the error of its warm-up.
    const error = blocks.length < 2 ? mean(blocks) : standardDeviation(blocks) / Math.sqrt(blocks.length);
    variance += ((perStep * error) / blockSteps) ** 2;
  }
  const reach = 1.96 * Math.sqrt(variance);
  return {
    cpuSeconds: { expected, low: Math.max(0, expected - reach), high: expected + reach },
    bytes: diskOf(plan),
  };
}

/** What a bench will take on the disk, with no warm-up. */
export const diskOf = ({ studies, submissions, workloads }: BenchPlan): number =>
  studies *
  submissions.reduce((sum, submission) => sum + trialsOfStudy(submission), 0) *
  workloads.reduce((sum, workload) => sum + bytesOfTrial(workload), 0);

const bytesOfTrial = ({ steps, evaluateEvery }: PlannedWorkload): number =>
  otherBytes + (steps / reportEvery) * lossRowBytes + (steps / evaluateEvery) * evaluationRowBytes;

/** The first trial of each submission on each workload. */
function* firstTrials(plan: BenchPlan): Generator<BenchTrial> {
  let index = 0;
  for (const _ of plan.workloads)
    for (const submission of plan.submissions) {
      yield trialOf(plan, index);
      index += trialsOfStudy(submission);
    }
}

/** CPU seconds from the start to the first step, and of blocks of steps, evaluations included. */
interface WarmUp {
  readonly setup: number;
  readonly blocks: readonly number[];
}

async function warmUp(
  plan: BenchPlan,
  trial: BenchTrial,
  workloads: ReturnType<typeof sharedWorkloads>,
): Promise<WarmUp> {
  const config = await trainingOf(configurationOfTrial(plan, trial));
  const workload = workloads(trial.workload.name);
  await workload.load();
  const start = cpuSeconds();
  const readings: number[] = [];
  try {
    for await (const { kind } of train({ ...config, workload, reportEvery: blockSteps })) {
      if (kind === "start") readings.push(cpuSeconds());
      if (kind !== "step") continue;
      readings.push(cpuSeconds());
      if (readings.length > warmUpSteps / blockSteps || cpuSeconds() - start > mostSeconds) break;
    }
  } catch (error) {
    // A method that diverges has cost what it has until there.
    if (!(error instanceof SteepestError) || error.code !== "non-finite") throw error;
  }
  const [first = start, ...rest] = readings;
  const blocks = rest.map((reading, index) => reading - (readings[index] ?? first));
  const settled = blocks.slice(Math.floor(blocks.length / 2));
  if (settled.length === 0) return { setup: first - start, blocks: [0] };
  // The network is compiled in the first block.
  const compilation = Math.max(0, (blocks[0] ?? 0) - mean(settled));
  return { setup: first - start + compilation, blocks: settled };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
