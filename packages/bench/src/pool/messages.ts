import { z } from "zod";
import { trialConfigurationSchema } from "../trial/configuration.js";
import { obstacles } from "./obstacle.js";

/** {@link Request} as it is checked on arrival. */
export const requestSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("run"), folder: z.string(), trial: trialConfigurationSchema }),
  z.strictObject({ kind: z.literal("stop") }),
]);

/** What the pool asks of a worker: `stop` ends the current trial with a checkpoint, and then the process. */
export type Request = z.infer<typeof requestSchema>;

/** {@link Reply} as it is checked on arrival. */
export const replySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("heartbeat") }),
  z.strictObject({ kind: z.literal("notice"), message: z.string() }),
  /** `value` is the metric of the workload's target; absent where it could not be measured. */
  z.strictObject({ kind: z.literal("progress"), step: z.int(), value: z.number().exactOptional() }),
  z.strictObject({ kind: z.literal("finished") }),
  z.strictObject({ kind: z.literal("interrupted") }),
  z.strictObject({
    kind: z.literal("failed"),
    reason: z.string(),
    obstacle: z.enum(obstacles).exactOptional(),
    /** Whether every further attempt would fail alike. */
    lasting: z.boolean().exactOptional(),
  }),
]);

/**
 * What a worker tells. The outcome itself stands in the trial's folder: `finished` only says that it is
 * there, so that nothing is lost with a message.
 */
export type Reply = z.infer<typeof replySchema>;

/** How often a worker shows that its event loop turns, in milliseconds. */
export const heartbeatPeriod = 500;
