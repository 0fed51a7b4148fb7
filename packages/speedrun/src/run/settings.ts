import { hyperparametersSchema } from "@steepest/bench";
import { z } from "zod";

/** With what a submission runs on a track: a choice of its hyper-parameters, and where every run stops. */
export const settingsSchema = z.strictObject({
  hyperparameters: hyperparametersSchema,
  /** The updates of every run; schedules are made for them. */
  steps: z.int().min(1),
});

/** {@link settingsSchema} as plain data. */
export type Settings = Readonly<z.infer<typeof settingsSchema>>;
