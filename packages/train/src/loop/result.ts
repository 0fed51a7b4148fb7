import type { Metric } from "@steepest/workloads";
import { z } from "zod";

/** A metric by name. */
export const metricSchema = z.enum(["accuracy", "loss"]);

const splitSchema = z.strictObject({
  loss: z.number(),
  accuracy: z.number().exactOptional(),
  count: z.int(),
});

/** Mean loss, and of classifiers accuracy, over the `count` examples of one split. */
export type SplitEvaluation = Readonly<z.infer<typeof splitSchema>>;

/** {@link Evaluation} in `result.json` and in checkpoints. */
export const evaluationSchema = z.strictObject({
  validation: splitSchema,
  train: splitSchema.exactOptional(),
  test: splitSchema.exactOptional(),
});

/**
 * What an evaluation measured: validation always, test where it has a target, all splits at the end of the
 * run.
 */
export type Evaluation = Readonly<z.infer<typeof evaluationSchema>>;

/** {@link TargetHit} in `result.json` and in checkpoints. */
export const targetHitSchema = z.strictObject({
  step: z.int(),
  seconds: z.number(),
  cpuSeconds: z.number(),
});

/** The first evaluation that reached the target: its step, and the training clocks there. */
export type TargetHit = Readonly<z.infer<typeof targetHitSchema>>;

/** The best evaluation so far, in the one metric that its run's target is in. */
export const bestSchema = z.strictObject({
  step: z.int(),
  accuracy: z.number().exactOptional(),
  loss: z.number().exactOptional(),
});

/** Why a run came to its end. */
export const endSchema = z.enum(["target", "method", "steps", "budget"]);

/**
 * Why a run came to its end: every target was reached, the method wanted no further step, the steps were
 * made, or the time was over.
 */
export type RunEnd = z.infer<typeof endSchema>;

const targetOutcomeSchema = z.discriminatedUnion("reached", [
  z.strictObject({ value: z.number(), reached: z.literal(true), ...targetHitSchema.shape }),
  z.strictObject({ value: z.number(), reached: z.literal(false) }),
]);

/** `result.json`. */
export const completedRunSchema = z.strictObject({
  outcome: z.literal("completed"),
  workload: z.string(),
  dataSource: z.string(),
  procedural: z.boolean(),
  optimizer: z.string(),
  parameters: z.int(),
  batchSize: z.int(),
  seed: z.int(),
  threads: z.int(),
  steps: z.int(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  metric: metricSchema.default("accuracy"),
  train: splitSchema,
  validation: splitSchema,
  test: splitSchema,
  best: bestSchema,
  initialLoss: z.number().exactOptional(),
  leastLoss: z.number().exactOptional(),
  diverged: z.boolean().exactOptional(),
  target: targetOutcomeSchema.exactOptional(),
  testTarget: targetOutcomeSchema.exactOptional(),
  ended: endSchema.exactOptional(),
  parametersHash: z.string(),
});

/**
 * A run that came to its end, for the reason in `ended`. `steps` is the number of updates made; `seconds` and
 * `cpuSeconds` are the wall and CPU time of training alone; `best` is the best evaluation on validation, in
 * the metric that targets are in; `initialLoss` is that of the validation split before any update where the run
 * evaluates it then (`evaluateFirst`), else that of the first mini-batch, and `diverged` says that training
 * made both the loss of that mini-batch and the mean over the training split worse than the mini-batch's was
 * (both absent where the run's checkpoints do not know); `leastLoss` is the least loss that any model can reach,
 * where the workload knows it; `parametersHash` is the SHA-256 of all final parameters,
 * equal for equal bits.
 */
export type CompletedRun = Readonly<z.infer<typeof completedRunSchema>>;

/** A run that its signal stopped after `step` updates; with a folder it can be resumed from exactly there. */
export interface InterruptedRun {
  readonly outcome: "interrupted";
  readonly step: number;
  readonly steps: number;
  readonly folder?: string;
}

/** How a run ended. */
export type RunResult = CompletedRun | InterruptedRun;

/** What a run reports while it goes on. Seconds are those of the training clocks. */
export type Measurement =
  /** Something the user must know, for example that the data are not the real ones. */
  | { readonly kind: "notice"; readonly message: string }
  /** Everything is loaded; training goes on after `step` updates. */
  | {
      readonly kind: "start";
      readonly step: number;
      readonly steps: number;
      readonly parameters: number;
      readonly dataSource: string;
      readonly optimizer: string;
      /** What targets are in. */
      readonly metric: Metric;
    }
  /** `loss` is the mean over the mini-batches since the last report. */
  | {
      readonly kind: "step";
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly seconds: number;
      readonly cpuSeconds: number;
    }
  | ({
      readonly kind: "evaluation";
      readonly step: number;
      readonly seconds: number;
      readonly cpuSeconds: number;
      /** Whether this evaluation is the first to reach the target, and the first to reach that on test. */
      readonly hitsTarget: boolean;
      readonly hitsTestTarget: boolean;
    } & Evaluation)
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string };
