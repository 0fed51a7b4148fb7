import { readFile } from "node:fs/promises";
import { SteepestError } from "@steepest/optim";
import { z } from "zod";
import { kubernetesSettingsSchema } from "../engines/kubernetes.js";
import { slurmSettingsSchema } from "../engines/slurm/slurm.js";
import { scoringClockSchema } from "../scoring/rules/clock.js";
import { parseYaml } from "./yaml.js";

const count = z.int().min(1);

/** How long a trial may train; whichever limit comes first ends it. */
const budgetSchema = z.strictObject({
  steps: count.exactOptional(),
  /** The length that schedules are made for. */
  stepHint: count.exactOptional(),
  /** Steps between evaluations. */
  evaluateEvery: count.exactOptional(),
  cpuSeconds: z.number().positive().exactOptional(),
  seconds: z.number().positive().exactOptional(),
});

/** The local engine: worker processes of one thread each. */
const localEngineSchema = z.strictObject({
  kind: z.literal("local"),
  workers: count.exactOptional(),
});

/** Who carries the trials out. */
export const engineSchema = z.discriminatedUnion("kind", [
  localEngineSchema,
  slurmSettingsSchema,
  kubernetesSettingsSchema,
]);

/** One of {@link engineSchema}. */
export type EngineSettings = Readonly<z.infer<typeof engineSchema>>;

const folderName = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.=-]+$/, "expected letters, digits and . _ - = alone: it names a folder");

/** A plan as a user writes it, in YAML. */
export const benchConfigurationSchema = z.strictObject({
  /** Names its folder. */
  name: folderName,
  /** Who chooses hyper-parameters: a search outside the submissions, or they themselves in one longer trial. */
  rules: z.enum(["external", "self"]).default("external"),
  workloads: z.array(z.string()).min(1),
  /** Held-out variants: one drawn by the seed for each workload that has some, none, or those named. */
  heldOut: z
    .union([z.enum(["draw", "none"]), z.array(z.string())], "expected draw, none, or a list of variants")
    .default("none"),
  submissions: z.array(z.string()).min(1),
  studies: count.default(3),
  trials: count.default(5),
  seed: z.int().min(0).default(0),
  /** Which time is scored. */
  clock: scoringClockSchema.default("cpu"),
  /** By workload; its own budget where absent. */
  budgets: z.record(z.string(), budgetSchema).default({}),
  /** Under `rules: self`, by how much a trial may outlast an external one. */
  selfTuningBudget: z.number().positive().default(1.5),
  engine: engineSchema.default({ kind: "local" }),
});

/** A plan as a user writes it, defaults filled in. */
export type BenchConfiguration = Readonly<z.infer<typeof benchConfigurationSchema>>;

/**
 * Reads a plan in YAML.
 * @throws SteepestError `invalid-value` where the file cannot be read, `malformed-file` with line and column
 *   where it is not as expected
 */
export async function readBenchConfiguration(path: string): Promise<BenchConfiguration> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new SteepestError(
      "invalid-value",
      `the plan ${JSON.stringify(path)} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
      "Name a YAML file, for example examples/tiny.yaml",
      { cause },
    );
  });
  return parseYaml(text, benchConfigurationSchema, path);
}
