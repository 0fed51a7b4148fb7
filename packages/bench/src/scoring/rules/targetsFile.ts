import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { SteepestError } from "@steepest/optim";
import { parseJson } from "@steepest/train";
import { z } from "zod";
import type { Ruleset, WorkloadTarget } from "./ruleset.js";

const directionSchema = z.enum(["min", "max"]);

const targetSchema = z.object({
  metric: z.string(),
  direction: directionSchema,
  validation_target: z.number(),
  max_runtime_s_external: z.number().positive().optional(),
  step_hint: z.number().positive().optional(),
  base: z.string().optional(),
});

/** Base workloads and held-out variants apart, as this project writes them. */
const rulesSchema = z.object({
  studies: z.int().positive().optional(),
  trials: z.int().positive().optional(),
  self_tuning_runtime_factor: z.number().positive().optional(),
  base: z.record(z.string(), targetSchema),
  held_out: z.record(z.string(), targetSchema.required({ base: true })).default({}),
});

/** One flat object, as AlgoPerf's scorer reads it. */
const officialSchema = z.record(
  z.string(),
  z.object({
    target_metric_name: z.string(),
    validation_target_value: z.number(),
    step_hint: z.number().positive().optional(),
  }),
);

/** Metrics of AlgoPerf of which less is better. */
const minimised: ReadonlySet<string> = new Set([
  "ce_loss",
  "ctc_loss",
  "error_rate",
  "l1_loss",
  "loss",
  "ppl",
  "wer",
]);

function fromRules(name: string, file: z.infer<typeof rulesSchema>): Ruleset {
  const targets = Object.entries({ ...file.base, ...file.held_out });
  return {
    name,
    ...(file.studies === undefined ? {} : { studies: file.studies }),
    ...(file.trials === undefined ? {} : { trials: file.trials }),
    selfTuningBudget: file.self_tuning_runtime_factor ?? 1,
    workloads: targets.map(([workload, target]) => ({
      name: workload,
      metric: target.metric,
      direction: target.direction,
      target: target.validation_target,
      ...(target.max_runtime_s_external === undefined ? {} : { budget: target.max_runtime_s_external }),
      ...(target.step_hint === undefined ? {} : { stepHint: target.step_hint }),
      ...(target.base === undefined || workload in file.base ? {} : { base: target.base }),
    })),
  };
}

/**
 * The official file does not say which workloads are variants: those whose name goes on where another's ends.
 */
function fromOfficial(name: string, file: z.infer<typeof officialSchema>): Ruleset {
  const names = Object.keys(file);
  const baseOf = (workload: string): string | undefined =>
    names.find((other) => other !== workload && workload.startsWith(`${other}_`));
  return {
    name,
    selfTuningBudget: 1,
    workloads: Object.entries(file).map(([workload, target]): WorkloadTarget => {
      const base = baseOf(workload);
      return {
        name: workload,
        metric: `validation/${target.target_metric_name}`,
        direction: minimised.has(target.target_metric_name) ? "min" : "max",
        target: target.validation_target_value,
        ...(target.step_hint === undefined ? {} : { stepHint: target.step_hint }),
        ...(base === undefined ? {} : { base }),
      };
    }),
  };
}

/** From the content of a file to a ruleset of a name. */
const rulesetSchema = z.union([
  rulesSchema.transform((file) => (name: string) => fromRules(name, file)),
  officialSchema.transform((file) => (name: string) => fromOfficial(name, file)),
]);

/** Several rulesets in one file, each under its name; what else is in it is not looked at. */
const collectionSchema = (name: string) =>
  z.looseObject({ [name]: rulesSchema }).transform((file) => fromRules(name, rulesSchema.parse(file[name])));

/**
 * Reads targets, held-out variants and budgets from a file: `{base: {...}, held_out: {...}}` with `metric`,
 * `direction`, `validation_target` and, where there is one, `max_runtime_s_external` for each workload;
 * several such under the names of their rules; or the flat form of AlgoPerf's scorer.
 *
 * @param rules which of several to take
 * @throws SteepestError `invalid-value` where the file cannot be read, `malformed-file` where it is neither
 */
export async function readTargets(path: string, rules: string): Promise<Ruleset> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new SteepestError(
      "invalid-value",
      `the targets ${JSON.stringify(path)} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
      "Name a JSON file with --targets",
      { cause },
    );
  });
  const found = parseJson(text, z.union([collectionSchema(rules), rulesetSchema]), path);
  const ruleset = typeof found === "function" ? found(basename(path)) : found;
  const names = new Set(ruleset.workloads.map(({ name }) => name));
  const orphan = ruleset.workloads.find(({ base }) => base !== undefined && !names.has(base));
  if (names.size > 0 && orphan === undefined) return ruleset;
  throw new SteepestError(
    "malformed-file",
    orphan === undefined
      ? `${path} names no workload`
      : `${path}: ${JSON.stringify(orphan.base)}, the base of ${orphan.name}, is not among the workloads`,
    "Give every held-out workload a base of the same file",
  );
}
