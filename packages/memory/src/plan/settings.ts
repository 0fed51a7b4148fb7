import { type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import type { MemoryModel } from "../models/model.js";
import { type PrecisionPolicy, precisionPolicy } from "./precision.js";

/** Whose formulas to use, where sources disagree. */
export const methodNames = ["megatron", "zero", "lecture", "llmc"] as const;
export type MethodName = (typeof methodNames)[number];

/**
 * What a backward pass recomputes. `full` keeps the input of every layer, `every` that of every k-th,
 * `selective` all but attention's core; `half` and `sqrt` are readings of how much checkpointing leaves:
 * half of the activations, or their √L-th part.
 */
export type Checkpointing =
  | { readonly kind: "none" | "selective" | "full" | "half" | "sqrt" }
  | { readonly kind: "every"; readonly layers: number };

/** How the scores of attention are treated: written to memory, or never whole (FlashAttention). */
export type AttentionKind = "unfused" | "flash";

/** How a run is spread over devices. */
export interface Parallelism {
  /** Devices in all: data · tensor · pipeline. */
  readonly devices: number;
  /** What data-parallel workers share among them: 0 nothing, 1 state, 2 gradients too, 3 parameters too. */
  readonly zero: 0 | 1 | 2 | 3;
  /** Devices that share the matrices of a layer. */
  readonly tensor: number;
  /** Devices that hold a part of the layers each. */
  readonly pipeline: number;
  /** Whether tensor-parallel devices share what lies between the matrices, too. */
  readonly sequence: boolean;
}

/** What a user says of the training run; everything may be left out. */
export interface PlanOptions {
  readonly method?: MethodName | undefined;
  /** Default `adamw`. */
  readonly optimizer?: OptimizerSpec | undefined;
  /** What updates everything but hidden matrices and convolutions; default the same optimizer. */
  readonly rest?: OptimizerSpec | undefined;
  /** Default `mixed-fp16`; under `llmc` `mixed-bf16`. */
  readonly precision?: string | undefined;
  /** Whether the optimizer's arrays as large as their parameters are kept in 8 bits, in blocks of 256. */
  readonly eightBitState?: boolean | undefined;
  /** Examples a device and update; default 32. */
  readonly batch?: number | undefined;
  /** Places a sequence; default 1024, or the model's context where that is shorter. */
  readonly sequence?: number | undefined;
  /** Parts that a batch is split into; default 1. */
  readonly accumulate?: number | undefined;
  /** Default `none`; under `lecture`, whose chart has it, `full`. */
  readonly checkpoint?: Checkpointing | undefined;
  /** Default `unfused`; under `llmc` `flash`. */
  readonly attention?: AttentionKind | undefined;
  /** Whether dropout's masks are kept; default as the model is usually trained. */
  readonly dropout?: boolean | undefined;
  readonly parallelism?: { readonly [Part in keyof Parallelism]?: Parallelism[Part] | undefined };
  /** Bytes of one device; under `lecture` 32 GB by default. */
  readonly device?: number | undefined;
  /** In place of the model's own number of parameters. */
  readonly parameters?: number | undefined;
  /** The share of memory that cannot be used, as a part of what is. */
  readonly fragmentation?: number | undefined;
  /** Bytes of the device's context and libraries. */
  readonly overhead?: number | undefined;
}

/** The same with nothing left out but what has no default. */
export interface PlanSettings {
  readonly method: MethodName;
  readonly optimizer: OptimizerSpec;
  readonly rest: OptimizerSpec | undefined;
  readonly precision: PrecisionPolicy;
  readonly eightBitState: boolean;
  readonly batch: number;
  readonly sequence: number;
  readonly accumulate: number;
  readonly checkpoint: Checkpointing;
  readonly attention: AttentionKind;
  readonly dropout: boolean;
  readonly parallelism: Parallelism & { readonly data: number };
  readonly device: number | undefined;
  readonly parameters: number | undefined;
  readonly fragmentation: number | undefined;
  readonly overhead: number | undefined;
}

/** llm.c computes in bfloat16. */
const usualPrecision = (method: MethodName): string => (method === "llmc" ? "mixed-bf16" : "mixed-fp16");

const usualSequence = 1024;
const usualBatch = 32;
/** The device of the lecture's chart. */
const lectureDevice = 32e9;

/**
 * Completes and checks what was said of a run.
 * @throws SteepestError `invalid-value` for numbers out of range and settings that do not fit together
 */
export function planSettings(model: MemoryModel, options: PlanOptions): PlanSettings {
  const { method = "megatron", parallelism = {} } = options;
  const { architecture } = model;
  const transformer = architecture.kind === "transformer" ? architecture : undefined;
  const context = transformer?.context;
  const sequence = options.sequence ?? Math.min(usualSequence, context ?? 1);
  const { devices = 1, zero = 0, tensor = 1, pipeline = 1, sequence: sequenceParallel = false } = parallelism;
  const { batch = usualBatch, accumulate = 1 } = options;
  requireCounts({ batch, sequence, accumulate, devices, tensor, pipeline });
  requireFraction("fragmentation", options.fragmentation);
  requireBytes({ device: options.device, parameters: options.parameters, overhead: options.overhead });
  if (context !== undefined)
    requireSequence(model.name, sequence, context, transformer?.fixedSequence === true);
  if (context === undefined && options.sequence !== undefined && options.sequence !== 1)
    throw refuse(`${model.name} has no sequences, found a length of ${sequence}`, "Leave --seq out");
  if (batch % accumulate !== 0)
    throw refuse(
      `a batch of ${batch} cannot be split into ${accumulate} equal parts`,
      `Use a batch of ${Math.ceil(batch / accumulate) * accumulate}`,
    );
  if (devices % (tensor * pipeline) !== 0)
    throw refuse(
      `${devices} devices cannot be divided into groups of ${tensor} (tensor) times ${pipeline} (pipeline)`,
      `Use ${Math.ceil(devices / (tensor * pipeline)) * tensor * pipeline} devices`,
    );
  if (transformer !== undefined) requireParts(model.name, tensor, pipeline, transformer);
  else if (tensor * pipeline > 1)
    throw refuse(
      `${model.name} has no equal layers to divide among devices`,
      "Leave tensor and pipeline parallelism out",
    );
  const checkpoint = options.checkpoint ?? { kind: method === "lecture" ? "full" : "none" };
  if (checkpoint.kind === "every")
    requireWithin("checkpoint every", checkpoint.layers, transformer?.layers ?? 1);
  const optimizer = options.optimizer ?? parseOptimizerSpec("adamw");
  return {
    ...{
      method,
      optimizer,
      rest: options.rest,
      precision: precisionPolicy(options.precision ?? usualPrecision(method)),
    },
    ...{ eightBitState: options.eightBitState === true, batch, sequence, accumulate, checkpoint },
    attention: options.attention ?? (method === "llmc" ? "flash" : "unfused"),
    dropout: options.dropout ?? transformer?.dropout === true,
    parallelism: {
      ...{ devices, zero, tensor, pipeline, sequence: sequenceParallel },
      data: devices / (tensor * pipeline),
    },
    device: options.device ?? (method === "lecture" ? lectureDevice : undefined),
    ...{ parameters: options.parameters, fragmentation: options.fragmentation, overhead: options.overhead },
  };
}

const refuse = (problem: string, fix: string): SteepestError =>
  new SteepestError("invalid-value", problem, fix);

/** More than any run has; beyond, products of such counts are no exact integers. */
const largestCount = 1e9;

function requireCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) requireWithin(name, value, largestCount);
}

function requireWithin(name: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw refuse(`expected ${name} to be an integer from 1 to ${most}, found ${value}`, "Correct it");
}

function requireFraction(name: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= 10)) return;
  throw refuse(`expected ${name} to be from 0 to 10, found ${value}`, "0.3 stands for 30 %");
}

function requireBytes(sizes: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(sizes))
    if (value !== undefined && !(value >= 0 && value <= 1e18))
      throw refuse(`expected ${name} to be a number from 0 to 1e18, found ${value}`, "Correct it");
}

function requireSequence(model: string, sequence: number, context: number, fixed: boolean): void {
  if (fixed && sequence !== context)
    throw refuse(`${model} has sequences of ${context} places, found ${sequence}`, "Leave --seq out");
  if (sequence > context)
    throw refuse(
      `sequences of ${sequence} places are longer than the context of ${model}, ${context}`,
      `Use at most ${context}`,
    );
}

function requireParts(
  model: string,
  tensor: number,
  pipeline: number,
  { heads, keyValueHeads, layers }: { heads: number; keyValueHeads: number; layers: number },
): void {
  if (heads % tensor !== 0 || (keyValueHeads % tensor !== 0 && tensor % keyValueHeads !== 0))
    throw refuse(
      `the ${heads} heads of ${model} cannot be divided among ${tensor} devices`,
      "Use a tensor parallelism that divides them",
    );
  if (pipeline > layers)
    throw refuse(
      `the ${layers} layers of ${model} cannot be divided among ${pipeline} devices`,
      `Use at most ${layers}`,
    );
}
