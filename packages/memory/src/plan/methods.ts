import { SteepestError } from "@steepest/optim";
import type { MemoryModel, Transformer } from "../models/model.js";
import { exactTerm, type MemoryTerm } from "../term.js";
import { layeredActivations } from "./activations/layered.js";
import { llmcActivations, paddedModel } from "./activations/llmc.js";
import { roughActivations } from "./activations/rough.js";
import { transformerActivations } from "./activations/transformer.js";
import type { MethodName, PlanSettings } from "./settings.js";
import type { DeviceShare } from "./shares.js";
import { sources } from "./sources.js";

/** How a method counts what the sources disagree about. */
export interface Method {
  readonly name: MethodName;
  readonly summary: string;
  /** The model as the method lays it out. */
  readonly prepare?: (model: MemoryModel) => MemoryModel;
  /** @throws SteepestError `misuse` for a model or a setting that it has no formula for */
  activations(model: MemoryModel, settings: PlanSettings): readonly MemoryTerm[];
  /** Beside states and activations. */
  buffers(share: DeviceShare, settings: PlanSettings): readonly MemoryTerm[];
  /** What cannot be used, of the terms so far. */
  fragmentation(terms: readonly MemoryTerm[], given: number | undefined): MemoryTerm;
  /** Bytes of context and libraries on a device; none in the sources that do not mention them. */
  readonly context?: Pick<MemoryTerm, "bytes" | "low" | "high" | "formula" | "source">;
}

const mebibyte = 2 ** 20;

/** What four runs of llm.c took beyond its own arrays: 892 to 906 MiB. */
const context = {
  ...{ bytes: 900 * mebibyte, low: 300 * mebibyte, high: 1500 * mebibyte },
  ...{ formula: "900 MiB: reported less predicted", source: sources.llmc },
};

/** The share that ZeRO's section 3 reports where fragmentation is bad. */
const worstFragmentation = 0.3;

/**
 * In the lecture's chart 3 GB stand beside 30 GB of model states and buffers, without a formula: a tenth.
 */
const lectureFragmentation = 0.1;

const sum = (terms: readonly MemoryTerm[], of: "bytes" | "low" | "high" = "bytes"): number =>
  terms.reduce((total, term) => total + term[of], 0);

/** A share of what the terms take. */
function fragmentationTerm(terms: readonly MemoryTerm[], given: number | undefined): MemoryTerm {
  const share = given ?? 0;
  return {
    ...{ name: "fragmentation", category: "fragmentation", bytes: share * sum(terms) },
    low: share * sum(terms, "low"),
    high: (given ?? worstFragmentation) * sum(terms),
    formula: given === undefined ? "0; in bad cases 30 % of the rest" : `${given}·(the rest)`,
    source: given === undefined ? sources.zero : sources.given,
  };
}

/** The fp32 buffer that gradients are reduced in. */
const reduceBuffer = (share: DeviceShare): MemoryTerm =>
  exactTerm({
    ...{ name: "temporary buffers (fp32)", category: "temporary", bytes: 4 * share.count },
    ...{ formula: "4Ψ", source: sources.zero },
  });

const deepspeedBucket = 5e8;

/** What data-parallel workers send and receive with, as the usual libraries allocate it. */
function buckets(share: DeviceShare, { parallelism, precision }: PlanSettings): readonly MemoryTerm[] {
  if (parallelism.data === 1) return [];
  const each = precision.gradient;
  if (parallelism.zero === 0)
    return [
      {
        ...{ name: "buckets of gradients", category: "communication", source: sources.distributed },
        ...{ bytes: each * share.count, low: Math.min(25 * mebibyte, each * share.count) },
        ...{ high: 4 * share.count, formula: `${each}Ψ` },
      },
    ];
  const bucket = Math.min(share.count, deepspeedBucket);
  return [
    {
      ...{ name: "buckets of gradients", category: "communication", source: sources.deepspeed },
      ...{ bytes: each * bucket, low: 0, high: 2 * (each + precision.parameter) * bucket },
      formula: `${each}·min(Ψ, 5e8)`,
    },
  ];
}

/** @throws SteepestError `misuse` where the model is no transformer */
function transformerOf(model: MemoryModel, method: MethodName): Transformer {
  const { architecture } = model;
  if (architecture.kind === "transformer") return architecture;
  throw new SteepestError(
    "misuse",
    `the method ${method} is a formula for transformers, and ${model.name} is none`,
    "Use --method megatron, which counts what each operation saves",
  );
}

/** Every method, the default first. */
export const methods: Readonly<Record<MethodName, Method>> = {
  megatron: {
    name: "megatron",
    summary: "the saved inputs of each operation, layer by layer; logits, buckets and context besides",
    activations(model, settings) {
      const { architecture } = model;
      if (architecture.kind === "transformer") return transformerActivations(architecture, settings);
      refuseCheckpoints(model, settings);
      return architecture.kind === "layered" ? layeredActivations(architecture, settings) : [];
    },
    buffers: buckets,
    fragmentation: fragmentationTerm,
    context,
  },
  zero: {
    name: "zero",
    summary: "16Ψ and its shares, 12hbsL activations, √L-th of them with checkpointing, 4Ψ of buffers",
    activations: (model, settings) => roughActivations(transformerOf(model, "zero"), settings),
    buffers: (share) => [reduceBuffer(share)],
    fragmentation: fragmentationTerm,
  },
  lecture: {
    name: "lecture",
    summary: "the lecture's chart: ZeRO's estimates, 8 of 60 GB with checkpointing, a tenth of fragmentation",
    activations: (model, settings) => roughActivations(transformerOf(model, "lecture"), settings),
    buffers: (share) => [{ ...reduceBuffer(share), source: sources.lecture }],
    fragmentation(terms, given) {
      const whole = terms.filter(({ category }) => category !== "activations");
      if (given !== undefined) return fragmentationTerm(terms, given);
      return {
        ...{ name: "fragmentation", category: "fragmentation", bytes: lectureFragmentation * sum(whole) },
        ...{ low: 0, high: worstFragmentation * sum(terms), source: sources.lecture },
        formula: "0.1·(model states + buffers)",
      };
    },
  },
  llmc: {
    name: "llmc",
    summary: "every tensor that llm.c allocates for a GPT-2 in bfloat16, to the byte",
    prepare: (model) => paddedModel(model, transformerOf(model, "llmc")),
    activations(model, settings) {
      refuseOtherThanLlmc(transformerOf(model, "llmc"), model, settings);
      return llmcActivations(transformerOf(model, "llmc"), settings);
    },
    buffers: () => [],
    fragmentation: fragmentationTerm,
    context,
  },
};

/** @throws SteepestError `misuse` */
function refuseCheckpoints(model: MemoryModel, { checkpoint }: PlanSettings): void {
  if (checkpoint.kind === "none") return;
  throw new SteepestError(
    "misuse",
    `${model.name} has no equal layers that checkpointing could recompute`,
    "Leave --checkpoint out",
  );
}

/** @throws SteepestError `misuse` for what llm.c cannot train */
function refuseOtherThanLlmc(
  { gated, fixedSequence, inner, width, heads, keyValueHeads }: Transformer,
  model: MemoryModel,
  { checkpoint, precision, parallelism }: PlanSettings,
): void {
  const found =
    gated || fixedSequence || inner !== 4 * width || heads !== keyValueHeads
      ? `${model.name}, which is no GPT-2`
      : checkpoint.kind !== "none"
        ? `checkpointing (${checkpoint.kind})`
        : precision.activation !== e
          ? `the precision ${precision.name}`
          : parallelism.tensor * parallelism.pipeline > 1
            ? "tensor or pipeline parallelism"
            : undefined;
  if (found === undefined) return;
  throw new SteepestError(
    "misuse",
    `llm.c's formulas are for a GPT-2 in mixed precision without checkpointing, found ${found}`,
    "Use --method megatron",
  );
}

/** Bytes of an activation in llm.c. */
const e = 2;
