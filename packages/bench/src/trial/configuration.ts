import { type OptimizerSpec, optimizerOf, parseOptimizerSpec } from "@steepest/optim";
import type { TrainConfig } from "@steepest/train";
import { z } from "zod";
import { scoringFlagsSchema } from "../scoring/rules/runTargets.js";
import { hyperparametersSchema, loadSubmission, methodOf } from "../submission/index.js";

const common = {
  workload: z.string(),
  batchSize: z.int(),
  /** After so many, or so long, the trial ends, whatever it has reached. */
  steps: z.int(),
  seconds: z.number().exactOptional(),
  cpuSeconds: z.number().exactOptional(),
  /** The steps that schedules are made for; the most steps where absent. */
  stepHint: z.int().exactOptional(),
  seed: z.int(),
  /** On the validation split. */
  target: z.number(),
  testTarget: z.number().exactOptional(),
  evaluateEvery: z.int(),
  /** Steps between reports of the training loss, and between checkpoints; training's own where absent. */
  reportEvery: z.int().exactOptional(),
  checkpointEvery: z.int().exactOptional(),
  /** Untimed steps before the first, of which nothing stays; none where absent. */
  warmUpSteps: z.int().exactOptional(),
  /** Whether the trial ends at its target; false where absent. */
  stopAtTarget: z.boolean().exactOptional(),
  /** How its logs are scored; the trial itself reads nothing of it. */
  scoring: scoringFlagsSchema.exactOptional(),
};

/** A trial of an optimizer with one choice of hyper-parameters. */
export const optimizerTrialSchema = z.strictObject({
  ...common,
  /** As the command line takes it, learning rate included: `adam:lr=0.003`. */
  optimizer: z.string(),
  /** Factor on the learning rate. */
  schedule: z.string().exactOptional(),
});

/** A trial of a submission at one of its points; `batchSize` is what the workload proposes. */
const submissionTrialSchema = z.strictObject({
  ...common,
  /** A registered name or a module's path. */
  submission: z.string(),
  hyperparameters: hyperparametersSchema,
  /** Whether batch, data, loss and length are given, and one gradient a step is all that it may ask for. */
  optimizerOnly: z.boolean().exactOptional(),
});

/** {@link TrialConfiguration} in messages to workers. */
export const trialConfigurationSchema = z.union([optimizerTrialSchema, submissionTrialSchema]);

/** {@link optimizerTrialSchema} as plain data. */
export type OptimizerTrial = Readonly<z.infer<typeof optimizerTrialSchema>>;

/**
 * What decides a trial's bits: one optimizer or submission with one choice of hyper-parameters, one seed, a
 * fixed budget.
 */
export type TrialConfiguration = OptimizerTrial | Readonly<z.infer<typeof submissionTrialSchema>>;

/** What a trial asks of training. */
export async function trainingOf(trial: TrialConfiguration): Promise<TrainConfig> {
  const { workload, batchSize, steps, seconds, cpuSeconds, stepHint, seed } = trial;
  const { target, testTarget, evaluateEvery, stopAtTarget = false } = trial;
  const budget = {
    ...(seconds === undefined ? {} : { seconds }),
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
  };
  const { reportEvery, checkpointEvery, warmUpSteps } = trial;
  const config = {
    ...{ workload, steps, seed, target, evaluateEvery, stopAtTarget, threads: 1 },
    ...(reportEvery === undefined ? {} : { reportEvery }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...(warmUpSteps === undefined ? {} : { warmUpSteps }),
    ...(stepHint === undefined ? {} : { horizon: stepHint }),
    ...(testTarget === undefined ? {} : { testTarget }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
  if ("optimizer" in trial)
    return {
      ...config,
      batchSize,
      optimizer: parseOptimizerSpec(trial.optimizer),
      ...(trial.schedule === undefined ? {} : { schedule: trial.schedule }),
    };
  const facts = { defaultBatchSize: batchSize, stepHint: stepHint ?? steps };
  const { optimizerOnly = false } = trial;
  const submission = await loadSubmission(trial.submission);
  const { method, ...asked } = methodOf(submission, trial.hyperparameters, facts, { optimizerOnly });
  return { ...config, ...asked, optimizer: method };
}

/** The hyper-parameters of a trial, for AlgoPerf's `hparams.json`. */
export function hyperparametersOf(trial: TrialConfiguration): object {
  if (!("optimizer" in trial)) return trial.hyperparameters;
  const spec: OptimizerSpec = parseOptimizerSpec(trial.optimizer);
  const defaults = Object.entries(optimizerOf(spec).hyper).map(([name, hyper]) => [name, hyper.default]);
  return { optimizer: spec.name, ...Object.fromEntries(defaults), ...spec.hyper, ...spec.options };
}
