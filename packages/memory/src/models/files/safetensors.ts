import { dirname, join } from "node:path";
import {
  type ParameterRole,
  type ParameterSpec,
  readSafetensorsIndex,
  type SafetensorsEntry,
  SteepestError,
  safetensorsDataStart,
} from "@steepest/optim";
import { z } from "zod";
import { type MemoryModel, parameterSpec, type Transformer } from "../model.js";
import { requireTransformer } from "../sizes.js";
import { readJson, withOpenFile } from "./openFile.js";

/*
 * A file of weights has names and shapes alone, so that here, and only here, roles follow from names: those of
 * Hugging Face's GPT-2 and of its Llama, Mistral and Qwen.
 */

/** Names of tensors that no gradient changes: tables of rotary frequencies, running averages. */
const buffers = /(^|\.)(rotary_emb\.inv_freq|attn\.masked_bias|running_(mean|var))$/;
/** A causal mask; a vector of this name would be a bias. */
const mask = /(^|\.)attn\.bias$/;
const floats = /^(F|BF)\d/;
/** An index of shards lists every tensor's name. */
const mostIndexBytes = 50_000_000;

/**
 * The model whose weights a safetensors file holds, from its header, or from those of all files that a
 * `model.safetensors.index.json` names.
 * @throws SteepestError `unavailable`, `malformed-file`
 */
export function readSafetensorsModel(path: string): MemoryModel {
  const files = path.toLowerCase().endsWith(".json") ? shardsOf(path) : [path];
  const entries = files.flatMap(entriesOf);
  const kept = entries.filter(
    ({ name, dtype, shape }) =>
      floats.test(dtype) && !buffers.test(name) && !(mask.test(name) && shape.length > 1),
  );
  if (kept.length === 0)
    throw new SteepestError("malformed-file", `${path} holds no parameters`, "Name a file of weights");
  const parameters = kept.map(({ name, shape }) => parameterSpec(name, shape, roleOf(name, shape)));
  const byLayer = new Map<number, ParameterSpec[]>();
  for (const parameter of parameters) {
    const layer = /(?:^|\.)(?:h|layers)\.(\d+)\./.exec(parameter.name)?.[1];
    if (layer === undefined) continue;
    const known = byLayer.get(Number(layer));
    if (known === undefined) byLayer.set(Number(layer), [parameter]);
    else known.push(parameter);
  }
  const shapes = new Map(kept.map(({ name, shape }) => [name.replace(/^(transformer|model)\./, ""), shape]));
  const found = architectureOf(shapes, byLayer.size);
  if (found === undefined)
    return {
      ...{ name: path, parameters, blocks: [], notes: skipped(entries.length - kept.length) },
      architecture: {
        kind: "unknown",
        reason:
          "a file of weights has no layers, and its names are not those of GPT-2 or Llama; name the config.json beside it",
      },
    };
  requireTransformer(path, found.architecture);
  return {
    ...{ name: path, parameters, architecture: found.architecture },
    blocks: [...byLayer].sort(([a], [b]) => a - b).map(([, block]) => block),
    notes: [...skipped(entries.length - kept.length), found.note],
  };
}

const skipped = (count: number): readonly string[] =>
  count === 0
    ? []
    : [`${count} tensors of the file are no parameters (masks, tables, integers) and are left out.`];

function entriesOf(path: string): readonly SafetensorsEntry[] {
  return withOpenFile(path, (file) => {
    const start = file.read(0, Math.min(8, file.bytes));
    const dataStart = safetensorsDataStart(start, file.bytes);
    return readSafetensorsIndex(file.read(0, dataStart), file.bytes).entries;
  });
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string().max(255)) });

/** The files beside an index that it names. */
function shardsOf(path: string): readonly string[] {
  const parsed = indexSchema.safeParse(readJson(path, mostIndexBytes));
  if (!parsed.success)
    throw new SteepestError(
      "malformed-file",
      `${path} is no index of shards: expected weight_map, file names by tensor`,
      "Name a model.safetensors.index.json, a .safetensors file or a config.json",
    );
  const names = [...new Set(Object.values(parsed.data.weight_map))].sort();
  const outside = names.find((name) => !/^[\w][\w.-]*\.safetensors$/.test(name));
  if (outside !== undefined)
    throw new SteepestError(
      "malformed-file",
      `${path} names the file ${JSON.stringify(outside)}, expected .safetensors files in its own folder`,
      "Fetch the index again",
    );
  return names.map((name) => join(dirname(path), name));
}

function roleOf(name: string, shape: readonly number[]): ParameterRole {
  if (/(^|\.)(wte|wpe|embed_tokens|word_embeddings|position_embeddings)(\.|$)/.test(name)) return "embedding";
  if (/(^|\.)(lm_head|classifier|score)(\.|$)/.test(name)) return shape.length < 2 ? "bias" : "head";
  if (shape.length > 2) return "convolution";
  if (shape.length === 2) return "hiddenMatrix";
  return /norm|(^|\.)ln_/i.test(name) ? "norm" : "bias";
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Widths of a head that the families use; a file of weights does not tell. */
const gptHeadWidth = 64;
const llamaHeadWidths = [128, 64, 80, 96];
/** Rotary positions have no table, and so no end. */
const longestRotary = 1_048_576;

/** The transformer whose first layer has these shapes. */
function architectureOf(
  shapes: Shapes,
  layers: number,
): { readonly architecture: Transformer; readonly note: string } | undefined {
  const sizes = (name: string): readonly [number, number] | undefined => {
    const [rows, columns] = shapes.get(name) ?? [];
    return rows === undefined || columns === undefined ? undefined : [rows, columns];
  };
  return gptOf(sizes, layers) ?? llamaOf(sizes, layers);
}

type Sizes = (name: string) => readonly [number, number] | undefined;

const common = { kind: "transformer", classes: 0, fixedSequence: false } as const;

function gptOf(sizes: Sizes, layers: number) {
  const tokens = sizes("wte.weight");
  const positions = sizes("wpe.weight");
  const network = sizes("h.0.mlp.c_fc.weight");
  if (tokens === undefined || network === undefined) return undefined;
  const [vocabulary, width] = tokens;
  const headWidth = width % gptHeadWidth === 0 ? gptHeadWidth : width;
  const heads = width / headWidth;
  return {
    architecture: {
      ...{ ...common, layers, width, heads, keyValueHeads: heads, headWidth, vocabulary },
      // Hugging Face's lies transposed, ours does not.
      inner: Math.max(...network) === width ? Math.min(...network) : Math.max(...network),
      ...{ gated: false, dropout: true, context: positions?.[0] ?? longestRotary },
    },
    note: `A file of weights does not say how many heads there are: ${heads} of width ${headWidth} are assumed.`,
  };
}

function llamaOf(sizes: Sizes, layers: number) {
  const tokens = sizes("embed_tokens.weight");
  const queries = sizes("layers.0.self_attn.q_proj.weight");
  const keys = sizes("layers.0.self_attn.k_proj.weight");
  const network = sizes("layers.0.mlp.gate_proj.weight");
  if (tokens === undefined || queries === undefined || keys === undefined || network === undefined)
    return undefined;
  const [vocabulary, width] = tokens;
  const headWidth =
    llamaHeadWidths.find((each) => queries[0] % each === 0 && keys[0] % each === 0) ?? keys[0];
  const heads = queries[0] / headWidth;
  return {
    architecture: {
      ...{ ...common, layers, width, heads, keyValueHeads: keys[0] / headWidth, headWidth, vocabulary },
      ...{ inner: network[0], gated: true, dropout: false, context: longestRotary },
    },
    note: `A file of weights does not say how wide heads are: ${heads} heads of width ${headWidth} are assumed.`,
  };
}
