import { join } from "node:path";
import { type FolderHold, readIfPresent, readTextIfPresent } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import type { z } from "zod";
import { type RunConfiguration, runConfigurationSchema } from "../configuration/configuration.js";
import { type CompletedRun, completedRunSchema } from "../loop/result.js";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.js";
import { parseJson } from "./json.js";

/** The files of a run's folder. */
export const runFiles = {
  configuration: "run.json",
  checkpoint: "checkpoint.safetensors",
  measurements: "measurements.csv",
  evaluations: "eval_measurements.csv",
  result: "result.json",
} as const;

/** What a folder holds: no run, a run that can be resumed, or one that came to its end. */
export type RunStatus =
  | { readonly kind: "absent" }
  | {
      readonly kind: "partial";
      readonly configuration: RunConfiguration;
      readonly checkpoint: Checkpoint | undefined;
    }
  | {
      readonly kind: "complete";
      readonly configuration: RunConfiguration;
      readonly result: CompletedRun;
    };

/**
 * Reads the result of a complete run, the text of its `result.json`.
 * @throws SteepestError `malformed-file`, naming the place, where it is damaged
 */
export const parseResult = (text: string, where: string): CompletedRun =>
  parseJson(text, completedRunSchema, where);

/**
 * Reads what a folder holds.
 * @throws SteepestError `malformed-file` for a damaged file, `state-mismatch` where checkpoint and
 *   configuration disagree
 */
export async function inspectRun(folder: string): Promise<RunStatus> {
  const configuration = await readJson(join(folder, runFiles.configuration), runConfigurationSchema);
  if (configuration === undefined) return { kind: "absent" };
  const result = await readJson(join(folder, runFiles.result), completedRunSchema);
  if (result !== undefined) return { kind: "complete", configuration, result };
  const path = join(folder, runFiles.checkpoint);
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return { kind: "partial", configuration, checkpoint: undefined };
  const checkpoint = decodeCheckpoint(bytes, path);
  if (canonical(checkpoint.configuration) !== canonical(configuration))
    throw new SteepestError(
      "state-mismatch",
      `${path} was written by a run with another configuration than ${runFiles.configuration} beside it`,
      "Put back the run.json that belongs to it, or train again into another folder",
    );
  return { kind: "partial", configuration, checkpoint };
}

/**
 * Writes the configuration of a new run into its folder.
 * @throws SteepestError `misuse` where the folder holds a run already, unless it may be overwritten
 */
export async function createRunFolder(
  hold: FolderHold,
  configuration: RunConfiguration,
  overwrite: boolean,
): Promise<void> {
  const { folder } = hold;
  if (!overwrite && (await readIfPresent(join(folder, runFiles.configuration))) !== undefined)
    throw new SteepestError(
      "misuse",
      `${JSON.stringify(folder)} holds a run already`,
      "Resume it, choose another folder, or replace it with --force (in code, overwrite: true)",
    );
  // The configuration goes first and comes back last: without it nothing else in the folder counts as a run.
  for (const file of Object.values(runFiles)) await hold.remove(file);
  await hold.writeJson(runFiles.configuration, configuration);
}

const canonical = (configuration: RunConfiguration): string =>
  JSON.stringify(runConfigurationSchema.parse(configuration));

/** A JSON file of a known form, undefined where it does not exist. */
async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseJson(text, schema, path);
}
