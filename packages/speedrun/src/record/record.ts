import { hyperparametersSchema } from "@steepest/bench";
import { z } from "zod";
import { settingsSchema } from "../run/settings.js";

/** A loss; null where training diverged, which JSON has no number for. */
const lossSchema = z.number().nullable();

const count = z.int().min(1);

const runSchema = z.strictObject({
  seed: z.int().min(0),
  /** Over the whole validation split, at the stop step. */
  loss: lossSchema,
  /** Of training alone, on the wall and of all cores; both 0 where it diverged. */
  seconds: z.number().min(0),
  cpuSeconds: z.number().min(0),
  /** Most bytes of physical memory of the run's process; absent where it was killed before it could say. */
  peakResidentBytes: z.int().exactOptional(),
  /** SHA-256 of the trained parameters: equal for equal bits. */
  parametersHash: z.string().exactOptional(),
  /** Steps and losses of the evaluations on the way. */
  evaluations: z.array(z.tuple([count, z.number(), z.number()])),
});

/** `record.json`: everything that a board shows of a submission on a track, and all that was tried for it. */
export const recordSchema = z.strictObject({
  version: z.literal(1),
  track: z.string(),
  submission: z.strictObject({
    name: z.string(),
    title: z.string(),
    cite: z.strictObject({ authors: z.string(), year: z.int(), title: z.string(), url: z.string() }),
    /** SHA-256 of its source, which its logs have in full. */
    sourceHash: z.string(),
  }),
  /** The day of the runs, as 2026-11-23. */
  date: z.iso.date(),
  settings: settingsSchema,
  /** Absent where the settings were given by hand. */
  tuning: z
    .strictObject({
      steps: count,
      seed: z.int(),
      points: z.array(z.strictObject({ hyperparameters: hyperparametersSchema, loss: lossSchema })),
      trainings: z.array(z.strictObject({ steps: count, loss: lossSchema })),
      outOfReach: z.boolean(),
    })
    .exactOptional(),
  /** Stop steps at which the same seeds were run before these and missed the target. */
  earlier: z.array(z.strictObject({ steps: count, losses: z.array(lossSchema) })).exactOptional(),
  runs: z.array(runSchema).min(1),
  /** The baseline's runs of the same seeds, made again beside these; absent for the baseline itself. */
  baseline: z
    .strictObject({ name: z.string(), settings: settingsSchema, runs: z.array(runSchema) })
    .exactOptional(),
  machine: z.strictObject({
    processor: z.string(),
    cores: count,
    platform: z.string(),
    node: z.string(),
    onnxruntime: z.string(),
    /** Runs at a time: others take time from each. */
    workers: count,
  }),
});

/** {@link recordSchema} as plain data. */
export type SpeedrunRecord = Readonly<z.infer<typeof recordSchema>>;

/** One run of a record. */
export type RecordedRun = Readonly<z.infer<typeof runSchema>>;

/** The losses of runs, infinite where training diverged. */
export const lossesOf = (runs: readonly RecordedRun[]): readonly number[] =>
  runs.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY);
