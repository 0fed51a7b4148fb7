import type { Transformer } from "../../models/model.js";
import { exactTerm, type MemoryTerm } from "../../term.js";
import type { PlanSettings } from "../settings.js";
import { sources } from "../sources.js";

/*
 * What a backward pass needs of one layer, counted as Korthikanti et al. do: the input that each operation
 * saves. With e bytes an element and d = 1 with dropout (whose masks are a byte) the sum over a layer of GPT-2
 * is sbh(16e + 2d) + as²b(e + d(e + 1)): in half precision with dropout sbh·34 + 5as²b.
 */

/** Bytes of one kind of a layer, with the least and the most that implementations keep. */
interface LayerPart {
  readonly name: string;
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  readonly formula: string;
  readonly source: string;
  /** Whether selective recomputation recomputes it. */
  readonly isCore: boolean;
}

/** Bytes of a logit and its gradient: half precision in place; fp32; with a half-precision copy besides. */
const logitBytes = { low: 2, expected: 4, high: 10 };
const floatBytes = 4;

/** Examples that a device works on at once. */
export const microBatch = ({ batch, accumulate }: PlanSettings): number => batch / accumulate;

/** Activations and logits under the method `megatron`. */
export function transformerActivations(model: Transformer, settings: PlanSettings): readonly MemoryTerm[] {
  return [...layerTerms(model, settings), ...edgeTerms(model, settings), ...logitTerms(model, settings)];
}

/**
 * Layers that a device keeps activations of: its own, times the micro-batches under way. With one batch in
 * parts under one-forward-one-backward the first stage has as many under way as there are stages.
 */
function keptLayers({ layers }: Transformer, { parallelism, accumulate }: PlanSettings): number {
  const { pipeline } = parallelism;
  return Math.ceil(layers / pipeline) * Math.min(pipeline, accumulate);
}

function layerTerms(model: Transformer, settings: PlanSettings): readonly MemoryTerm[] {
  const { checkpoint } = settings;
  const kept = keptLayers(model, settings);
  const parts = layerParts(model, settings);
  const times = (count: number, suffix: string, chosen: readonly LayerPart[]) =>
    chosen.map(
      ({ name, bytes, low, high, formula, source }): MemoryTerm => ({
        name: `${name}${suffix}`,
        category: "activations",
        ...{ bytes: count * bytes, low: count * low, high: count * high },
        formula: `${formula}${count === 1 ? "" : `, ${count} layers`}`,
        source,
      }),
    );
  const others = parts.filter(({ isCore }) => !isCore);
  const core = parts.filter(({ isCore }) => isCore);
  switch (checkpoint.kind) {
    case "none":
      return times(kept, "", parts);
    case "selective":
      return [...times(kept, "", others), ...times(1, " (one layer, recomputed)", core)];
    case "full":
      return [inputTerm(model, settings, kept), ...times(1, " (one layer, recomputed)", parts)];
    case "every": {
      const inputs = Math.ceil(kept / checkpoint.layers);
      const live = Math.min(checkpoint.layers, kept);
      return [
        inputTerm(model, settings, inputs),
        ...times(live, ` (${live} of the layers, recomputed)`, parts),
      ];
    }
    case "half": {
      const halved = times(kept, "", parts);
      return halved.map((term) => ({
        ...term,
        ...{ bytes: term.bytes / 2, low: term.low / 2, high: term.high / 2 },
        ...{ formula: `half of: ${term.formula}`, source: sources.lecture },
      }));
    }
    case "sqrt": {
      const root = Math.sqrt(model.layers);
      return times(kept, "", parts).map((term) => ({
        ...term,
        ...{ bytes: term.bytes / root, low: term.low / root, high: term.high / root },
        ...{ formula: `1/√L of: ${term.formula}`, source: sources.chen },
      }));
    }
  }
}

/** The layers' inputs that checkpointing keeps. */
function inputTerm({ width }: Transformer, settings: PlanSettings, count: number): MemoryTerm {
  const { precision, sequence, parallelism } = settings;
  const e = precision.activation;
  const parts = parallelism.sequence ? parallelism.tensor : 1;
  return exactTerm({
    ...{ name: "inputs of layers, kept", category: "activations", source: sources.megatron },
    bytes: (e * sequence * microBatch(settings) * width * count) / parts,
    formula: `${e}sbh${suffix(parts)} for ${count} layers`,
  });
}

const suffix = (parts: number): string => (parts === 1 ? "" : `/${parts}`);

/** The parts of one layer. Names as in a transformer block. */
function layerParts(model: Transformer, settings: PlanSettings): readonly LayerPart[] {
  const { width: h, heads, keyValueHeads, headWidth, inner: f, gated } = model;
  const { precision, sequence: s, parallelism, attention, dropout } = settings;
  const e = precision.activation;
  const d = dropout ? 1 : 0;
  const b = microBatch(settings);
  const t = parallelism.tensor;
  // Between the matrices, where every device has everything unless the sequence is divided too.
  const whole = parallelism.sequence ? t : 1;
  const places = s * b;
  const q = heads * headWidth;
  const kv = keyValueHeads * headWidth;
  const mask = d === 0 ? "" : " + sbh";
  const { saved } = sources;
  const attentionBytes = places * ((e * h + d * h) / whole + (e * (2 * q + 2 * kv)) / t);
  const hidden = gated ? 4 : 2;
  const network = (layers: number) => places * ((e * h + d * h) / whole + (e * layers * f) / t);
  const norms = (each: number) => (places * each * h) / whole;
  const score = heads * s * s * b;
  const parts: readonly LayerPart[] = [
    {
      ...{ name: "attention", isCore: false, source: saved, bytes: attentionBytes, low: attentionBytes },
      // Queries, keys and values once more where they are cut out of one product.
      high: attentionBytes + (places * e * (q + 2 * kv)) / t,
      formula: `sb·${e}(h + 2q + 2kv)${mask}, q = ${q}, kv = ${kv}`,
    },
    attention === "flash"
      ? {
          ...{ name: "attention statistics", isCore: true, source: sources.flash },
          ...equal((floatBytes * heads * places) / t),
          formula: "4abs",
        }
      : {
          ...{ name: "attention scores", isCore: true, source: saved },
          ...equal((score * (e + d * (e + 1))) / t),
          // Softmax in fp32 beside the scores in half precision.
          high: (score * (e + floatBytes + d * (e + 1))) / t,
          formula: `${e + d * (e + 1)}as²b`,
        },
    {
      ...{ name: gated ? "gated network" : "network", isCore: false, source: saved },
      bytes: network(hidden),
      // The non-linearity computed again in the backward pass; or written as several operations.
      low: network(gated ? 2 : 1),
      high: network(hidden + 3),
      formula: `sb·${e}(h + ${hidden}f)${mask}, f = ${f}`,
    },
    {
      ...{ name: "norms", isCore: false, source: saved, bytes: norms(2 * e) },
      // Computed again from the residual stream; or kept in fp32.
      ...{ low: 0, high: norms(2 * floatBytes), formula: `${2 * e}sbh` },
    },
  ];
  return parts;
}

const equal = (bytes: number) => ({ bytes, low: bytes, high: bytes });

/** The mask of the embedding's dropout, and the inputs of the last norm and of the head. */
function edgeTerms({ width }: Transformer, settings: PlanSettings): readonly MemoryTerm[] {
  const { precision, sequence, parallelism, dropout } = settings;
  const each = 2 * precision.activation + (dropout ? 1 : 0);
  const parts = parallelism.sequence ? parallelism.tensor : 1;
  return [
    exactTerm({
      ...{ name: "embedding and last norm", category: "activations", source: sources.megatron },
      bytes: (each * sequence * microBatch(settings) * width) / parts,
      formula: `${each}sbh${suffix(parts)}`,
    }),
  ];
}

function logitTerms(model: Transformer, settings: PlanSettings): readonly MemoryTerm[] {
  const { sequence, parallelism, precision } = settings;
  const b = microBatch(settings);
  const places = model.vocabulary > 0 ? sequence * b : b;
  const outputs = model.vocabulary > 0 ? model.vocabulary : model.classes;
  const count = (places * outputs) / parallelism.tensor;
  const least = precision.activation === floatBytes ? floatBytes : logitBytes.low;
  return outputs === 0
    ? []
    : [
        {
          ...{ name: "logits", category: "logits", source: sources.megatron },
          ...{ bytes: logitBytes.expected * count, low: least * count, high: logitBytes.high * count },
          formula: model.vocabulary > 0 ? "4sbV" : "4b·classes",
        },
      ];
}
