import { createHash } from "node:crypto";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  SteepestError,
} from "@steepest/optim";
import { z } from "zod";
import { type RunConfiguration, runConfigurationSchema } from "../configuration/configuration.js";
import { bestSchema, endSchema, evaluationSchema, targetHitSchema } from "../loop/result.js";
import { parseJson } from "./json.js";

/** {@link Progress} in a checkpoint. */
export const progressSchema = z.strictObject({
  step: z.int().min(0),
  clocks: z.strictObject({
    seconds: z.number(),
    cpuSeconds: z.number(),
    evaluationSeconds: z.number(),
    loggingSeconds: z.number(),
  }),
  /** Sum and number of the mini-batch losses since the last report. */
  window: z.strictObject({ lossSum: z.number(), count: z.int() }),
  /** Loss of the first mini-batch, before any update. */
  initialLoss: z.number().exactOptional(),
  /** Loss on the validation split before any update, where it was evaluated then. */
  initialValidationLoss: z.number().exactOptional(),
  latest: evaluationSchema.exactOptional(),
  best: bestSchema.exactOptional(),
  hit: targetHitSchema.exactOptional(),
  testHit: targetHitSchema.exactOptional(),
  /** The training clocks at the last evaluation. */
  evaluated: z.strictObject({ seconds: z.number(), cpuSeconds: z.number() }).exactOptional(),
  /** Why the run is over, where it is. */
  ended: endSchema.exactOptional(),
  /** Bytes of the logs that belong to these steps. */
  logs: z.strictObject({ measurements: z.int(), evaluations: z.int() }),
});

/**
 * Where a run stands after `step` updates, parameters and optimizer state apart. Random numbers need no place
 * here: initial parameters, order of examples and dropout are pure functions of the configuration's seed and
 * the step.
 */
export type Progress = Readonly<z.infer<typeof progressSchema>>;

/** One consistent state of a run: everything that must agree lies in one file. */
export interface Checkpoint {
  readonly configuration: RunConfiguration;
  readonly progress: Progress;
  /** By parameter name. */
  readonly parameters: ReadonlyMap<string, SafetensorsTensor>;
  /** The weights to evaluate with, by parameter name; empty where they are the parameters. */
  readonly evaluation: ReadonlyMap<string, SafetensorsTensor>;
  /** As `saveState` of the method gave it. */
  readonly optimizer: SafetensorsFile;
}

const parameterPrefix = "parameters/";
const evaluationPrefix = "evaluation/";
const optimizerPrefix = "optimizer/";
const format = "steepest-checkpoint-1";

const optimizerMetadataSchema = z.record(z.string(), z.string());

/** The checkpoint as a safetensors file with a checksum over all of it. */
export function encodeCheckpoint({
  configuration,
  progress,
  parameters,
  evaluation,
  optimizer,
}: Checkpoint): Uint8Array {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of parameters) tensors.set(parameterPrefix + name, tensor);
  for (const [name, tensor] of evaluation) tensors.set(evaluationPrefix + name, tensor);
  for (const [name, tensor] of optimizer.tensors) tensors.set(optimizerPrefix + name, tensor);
  const metadata = {
    format,
    configuration: JSON.stringify(configuration),
    progress: JSON.stringify(progress),
    optimizer: JSON.stringify(optimizer.metadata),
  };
  return encodeSafetensors(tensors, { ...metadata, sha256: checksum({ tensors, metadata }) });
}

/**
 * Reads a checkpoint back.
 * @throws SteepestError `malformed-file`, naming the file, where it is truncated, altered or no checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const damaged = (message: string, cause?: unknown) =>
    new SteepestError(
      "malformed-file",
      `the checkpoint ${path} is damaged: ${message}`,
      "Restore the file, or train again into another folder",
      { cause },
    );
  let file: SafetensorsFile;
  try {
    file = decodeSafetensors(bytes);
  } catch (cause) {
    if (cause instanceof SteepestError) throw damaged(cause.message, cause);
    throw cause;
  }
  const { sha256, ...metadata } = file.metadata;
  if (metadata.format !== format)
    throw damaged(`its format is ${metadata.format ?? "not given"}, expected ${format}`);
  if (checksum({ tensors: file.tensors, metadata }) !== sha256)
    throw damaged("its contents do not match its checksum");
  const part = <Schema extends z.ZodType>(key: string, schema: Schema): z.infer<Schema> =>
    parseJson(metadata[key] ?? "", schema, `"${key}" of ${path}`);
  return {
    configuration: part("configuration", runConfigurationSchema),
    progress: part("progress", progressSchema),
    parameters: withPrefix(file.tensors, parameterPrefix),
    evaluation: withPrefix(file.tensors, evaluationPrefix),
    optimizer: {
      tensors: withPrefix(file.tensors, optimizerPrefix),
      metadata: part("optimizer", optimizerMetadataSchema),
    },
  };
}

const withPrefix = (tensors: SafetensorsFile["tensors"], prefix: string) =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );

/** SHA-256 over names, bytes and metadata in the order of their names. */
function checksum({ tensors, metadata }: SafetensorsFile): string {
  const hash = createHash("sha256");
  for (const [key, text] of Object.entries(metadata).sort(byName)) hash.update(JSON.stringify([key, text]));
  for (const [name, { data }] of [...tensors].sort(byName)) {
    hash.update(JSON.stringify(name));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
