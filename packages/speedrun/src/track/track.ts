import { z } from "zod";

const count = z.int().min(1);

/**
 * What shows that a mean loss is below the target and not there by luck.
 * `margin`: (target − mean)·√n ≥ threshold, for losses whose spread is known from many runs.
 * `t-test`: one-sided Student's test of the runs' own spread, p at most so much.
 */
const significanceSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("margin"), threshold: z.number().positive() }),
  z.strictObject({ kind: z.literal("t-test"), p: z.number().gt(0).lt(1) }),
]);

/**
 * What shows that one result is better than another.
 * `margin`: (Δloss + lossPerHundredSteps·Δsteps/100)/√(1/n₁ + 1/n₂) ≥ threshold, Δ the other's minus its own.
 * `time`: Student's one-sided test of the seconds of training, paired by seed, on one machine.
 */
const pairwiseSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("margin"),
    lossPerHundredSteps: z.number().min(0),
    threshold: z.number().positive(),
  }),
  z.strictObject({ kind: z.literal("time"), p: z.number().gt(0).lt(1) }),
]);

/** A track as its file has it. */
export const trackSchema = z.strictObject({
  /** As the command line takes it; the file's own name. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected small letters, digits and - alone"),
  title: z.string(),
  description: z.string(),
  /** The workload that is trained: data, model and loss. */
  workload: z.string(),
  /** What the workload must be found to be, so that two machines run the same race. */
  model: z.strictObject({ name: z.string(), parameters: count }),
  batch: z.strictObject({ sequences: count, context: count }),
  /** The mean loss in nats over the whole validation split of so many tokens. */
  target: z.strictObject({ loss: z.number().positive(), tokens: count }),
  /** What counts: updates, or seconds of training on the wall. */
  measure: z.enum(["steps", "seconds"]),
  /** What a submission may change: its optimizer alone, with one gradient a step, or whatever it can. */
  changes: z.enum(["optimizer", "anything"]),
  /** Most updates of a run. */
  steps: count,
  /** Updates between evaluations. */
  evaluateEvery: count,
  /** Untimed updates before the first, whose traces are removed. */
  warmUpSteps: count,
  significance: significanceSchema,
  pairwise: pairwiseSchema,
  /** The submission that is run again beside every other. */
  baseline: z.string(),
  /** How every submission is tuned: the same for all. */
  tuning: z.strictObject({
    /** Quasi-random points of the submission's space, each trained for so many steps. */
    points: count,
    steps: count,
    /** Most trainings that seek the stop step; it is a multiple of `stopMultiple`. */
    stopTrainings: count,
    stopMultiple: count,
    /** How far below the target the stop step aims, in nats: what one seed may be luckier than the mean. */
    margin: z.number().min(0),
    /** Stop steps at which all seeds are run at most: after a miss the next is a tenth longer. */
    attempts: count,
    /** Of initial parameters and data while tuning, and of the order of the points; no run is judged on it. */
    seed: z.int().min(0),
  }),
});

/** The rules of a race: data, model, target, what may change, and when a result counts. */
export type Track = Readonly<z.infer<typeof trackSchema>>;
