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
/** Steps between two evaluations of a warm-up, which a trial may have none of so early. */
const evaluationSteps = 50;

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
    const { setup, blocks, evaluation } = await warmUp(plan, trial, workloads);
    const trials = plan.studies * trialsOfStudy(trial.submission);
    const { steps, evaluateEvery } = trial.workload;
    const perStep = trials * steps;
    expected +=
      trials * (setup + (steps / evaluateEvery) * evaluation) + (perStep * mean(blocks)) / blockSteps;
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

/** CPU seconds of a warm-up. */
interface WarmUp {
  /** From the start to the first step. */
  readonly setup: number;
  /** Of blocks of steps, without evaluations. */
  readonly blocks: readonly number[];
  /** Of one evaluation. */
  readonly evaluation: number;
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
  let first = start;
  const readings: { readonly seconds: number; evaluated: boolean }[] = [];
  const asked = { reportEvery: blockSteps, evaluateEvery: evaluationSteps, stopAtTarget: false };
  try {
    for await (const event of train({ ...config, ...asked, workload })) {
      if (event.kind === "start") first = cpuSeconds();
      // An evaluation is over when the block that it ends is reported.
      if (event.kind === "step") readings.push({ seconds: cpuSeconds(), evaluated: false });
      if (event.kind !== "evaluation") continue;
      const last = readings.at(-1);
      if (last !== undefined) last.evaluated = true;
      if (event.step >= warmUpSteps || cpuSeconds() - start > mostSeconds) break;
    }
  } catch (error) {
    // A method that diverges has cost what it has until there.
    if (!(error instanceof SteepestError) || error.code !== "non-finite") throw error;
  }
  const setup = first - start;
  const blocks = readings.map(({ seconds, evaluated }, index) => ({
    evaluated,
    seconds: seconds - (readings[index - 1]?.seconds ?? first),
  }));
  const settled = blocks.slice(Math.floor(blocks.length / 2));
  const plain = settled.filter(({ evaluated }) => !evaluated).map(({ seconds }) => seconds);
  // Too short for a block without an evaluation, or for any block.
  if (plain.length === 0)
    return {
      setup,
      evaluation: 0,
      blocks: settled.length === 0 ? [0] : settled.map(({ seconds }) => seconds),
    };
  const evaluations = settled.filter(({ evaluated }) => evaluated).map(({ seconds }) => seconds);
  const evaluation = evaluations.length === 0 ? 0 : Math.max(0, mean(evaluations) - mean(plain));
  // The network is compiled in the first block.
  const compilation = Math.max(0, (blocks[0]?.seconds ?? 0) - mean(plain));
  return { setup: setup + compilation, evaluation, blocks: plain };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
