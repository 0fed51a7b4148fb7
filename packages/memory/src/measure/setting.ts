import { findGptPreset, type GptPresetName, gptPresets } from "@steepest/nn";
import { formatOptimizerSpec, type OptimizerSpec, SteepestError, unknownName } from "@steepest/optim";
import { findWorkload, workloads } from "@steepest/workloads";
import { z } from "zod";

const size = z.int().min(1);

/** What is trained in the measured process; plain data, so that it can be sent there. */
export const measuredSettingSchema = z.strictObject({
  workload: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("registered"), name: z.string() }),
    /** A GPT on tokens drawn uniformly: memory does not depend on the text. */
    z.strictObject({
      kind: z.literal("gpt"),
      layers: size,
      heads: size,
      width: size,
      context: size,
      vocabulary: size,
      bias: z.boolean(),
      dropout: z.number().min(0).lt(1),
    }),
  ]),
  /** As `parseOptimizerSpec` reads it. */
  optimizer: z.string(),
  batchSize: size,
  /** Micro-batches of a step. */
  accumulate: size,
  /** What the backward pass computes again. */
  checkpointing: z.union([z.literal("none"), z.literal("full"), z.strictObject({ every: size })]),
  threads: size,
  steps: size,
  seed: z.int().min(0),
});

/** A workload, an optimizer, and how many steps of which batch: what is measured, and predicted. */
export type MeasuredSetting = Readonly<z.infer<typeof measuredSettingSchema>>;

/** What may be chosen of a measurement; all but the workload has a default. */
export interface MeasureOptions {
  /** A registered workload, or a GPT by the name of its preset, which trains on tokens drawn uniformly. */
  readonly workload: string;
  /** AdamW by default. */
  readonly optimizer?: OptimizerSpec;
  /** The workload's by default; 12 windows for a preset. */
  readonly batchSize?: number;
  /** In place of a preset's context. */
  readonly context?: number;
  readonly accumulate?: number;
  readonly checkpointing?: MeasuredSetting["checkpointing"];
  readonly threads?: number;
  /** Steps after the first gradient, 3 by default: what a step takes is there after one. */
  readonly steps?: number;
}

/** nanoGPT's batch for its smallest configuration. */
const presetBatch = 12;

/**
 * Fills in what is left open.
 * @throws SteepestError `unknown-name` for what is neither a workload nor a preset, `invalid-value` for a
 *   context of a workload whose data decide it
 */
export function measuredSetting(options: MeasureOptions): MeasuredSetting {
  const { optimizer, accumulate = 1, checkpointing = "none", threads = 1, steps = 3 } = options;
  return {
    ...measuredWorkload(options),
    optimizer: optimizer === undefined ? "adamw" : formatOptimizerSpec(optimizer),
    ...{ accumulate, checkpointing, threads, steps, seed: 0 },
  };
}

function measuredWorkload({
  workload: name,
  context,
  batchSize,
}: MeasureOptions): Pick<MeasuredSetting, "workload" | "batchSize"> {
  const preset = presetNames.find((known) => known === name);
  if (preset !== undefined) {
    const {
      bias = true,
      dropout = 0,
      layers,
      heads,
      width,
      vocabulary,
      context: own,
    } = findGptPreset(preset);
    const sizes = { layers, heads, width, vocabulary, context: context ?? own };
    return {
      workload: { kind: "gpt", ...sizes, bias, dropout },
      batchSize: batchSize ?? presetBatch,
    };
  }
  const registered = workloads.map((workload) => workload.name);
  if (!registered.includes(name))
    throw unknownName("workload or GPT preset", name, [...registered, ...presetNames]);
  if (context !== undefined)
    throw new SteepestError(
      "invalid-value",
      `a context of ${context} is given for ${name}, whose own is part of it`,
      `Leave it out, or measure a GPT by preset: ${presetNames.join(", ")}`,
    );
  return {
    workload: { kind: "registered", name },
    batchSize: batchSize ?? findWorkload(name).defaults.batchSize,
  };
}

const presetNames = Object.keys(gptPresets).filter((name): name is GptPresetName => name in gptPresets);
