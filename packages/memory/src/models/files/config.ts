import { SteepestError, unknownName } from "@steepest/optim";
import { z } from "zod";
import { decoderModel, gpt2Model } from "../decoder.js";
import type { MemoryModel } from "../model.js";
import { resnetModel, vitModel } from "../vision.js";
import { readJson } from "./openFile.js";

/** A hundred times what the longest of Hugging Face's has. */
const mostBytes = 1_000_000;

const size = z.number().int().min(1).max(1e9);
const rate = z.number().min(0).max(1);

const gpt2Config = z.object({
  n_layer: size,
  n_head: size,
  n_embd: size,
  n_positions: size.nullish(),
  n_ctx: size.nullish(),
  n_inner: size.nullish(),
  vocab_size: size,
  resid_pdrop: rate.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

const decoderConfig = z.object({
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_size: size,
  intermediate_size: size,
  max_position_embeddings: size,
  vocab_size: size,
  tie_word_embeddings: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
});

const vitConfig = z.object({
  num_hidden_layers: size,
  num_attention_heads: size,
  hidden_size: size,
  intermediate_size: size,
  image_size: size,
  patch_size: size,
  num_channels: size.nullish(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
  num_labels: size.nullish(),
});

const resnetConfig = z.object({
  depths: z.array(size).min(1).max(8),
  layer_type: z.string().nullish(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
  num_labels: size.nullish(),
});

type Reader = (name: string, config: unknown) => MemoryModel;

/** Hugging Face's own number of labels where a configuration names none. */
const usualLabels = 2;
const labels = (config: {
  id2label?: Readonly<Record<string, unknown>> | null | undefined;
  num_labels?: number | null | undefined;
}) => config.num_labels ?? (config.id2label ? Math.max(1, Object.keys(config.id2label).length) : usualLabels);

const decoder =
  (habits: { readonly bias: "none" | "qkv" | "asked"; readonly headNorms: boolean }): Reader =>
  (name, config) => {
    const read = checked(decoderConfig, config, name);
    const heads = read.num_attention_heads;
    const hasBias = read.attention_bias === true;
    return decoderModel(name, {
      ...{ layers: read.num_hidden_layers, heads, keyValueHeads: read.num_key_value_heads ?? heads },
      headWidth: read.head_dim ?? read.hidden_size / heads,
      ...{ width: read.hidden_size, inner: read.intermediate_size },
      ...{ context: read.max_position_embeddings, vocabulary: read.vocab_size },
      tied: read.tie_word_embeddings === true,
      attentionBias: habits.bias === "qkv" || hasBias,
      outputBias: habits.bias === "asked" && hasBias,
      headNorms: habits.headNorms,
    });
  };

/** By `model_type`, as Hugging Face's transformers have it. */
const readers: Readonly<Record<string, Reader>> = {
  gpt2(name, config) {
    const read = checked(gpt2Config, config, name);
    const context = read.n_positions ?? read.n_ctx;
    if (context === null || context === undefined)
      throw invalid(name, ["n_positions: expected a number, found nothing"]);
    return gpt2Model(name, {
      ...{ layers: read.n_layer, heads: read.n_head, width: read.n_embd, context },
      vocabulary: read.vocab_size,
      ...(read.n_inner === null || read.n_inner === undefined ? {} : { hidden: read.n_inner }),
      dropout: Math.min(read.resid_pdrop ?? 0.1, 0.99),
      head: read.tie_word_embeddings === false ? "own" : "tied",
    });
  },
  llama: decoder({ bias: "asked", headNorms: false }),
  mistral: decoder({ bias: "none", headNorms: false }),
  qwen2: decoder({ bias: "qkv", headNorms: false }),
  qwen3: decoder({ bias: "asked", headNorms: true }),
  vit(name, config) {
    const read = checked(vitConfig, config, name);
    return vitModel(name, {
      ...{ layers: read.num_hidden_layers, heads: read.num_attention_heads, width: read.hidden_size },
      ...{ inner: read.intermediate_size, image: read.image_size, patch: read.patch_size },
      ...{ channels: read.num_channels ?? 3, classes: labels(read) },
    });
  },
  resnet(name, config) {
    const read = checked(resnetConfig, config, name);
    if (read.layer_type !== undefined && read.layer_type !== null && read.layer_type !== "bottleneck")
      throw invalid(name, [`layer_type: expected bottleneck, found ${read.layer_type.slice(0, 40)}`]);
    return resnetModel(name, { depths: read.depths, image: 224, classes: labels(read) });
  },
};

/**
 * The model that a `config.json` of Hugging Face describes.
 * @throws SteepestError `unavailable` where there is no such file; `malformed-file` where it is too large, no
 *   JSON, or lacks what the type of model needs; `unknown-name` for another type; `invalid-value` for sizes
 *   that make no model
 */
export function readConfig(path: string): MemoryModel {
  const config = readJson(path, mostBytes);
  const declared = z.object({ model_type: z.string().max(100) }).safeParse(config);
  if (!declared.success)
    throw invalid(path, [`model_type: expected one of ${Object.keys(readers).join(", ")}`]);
  const { model_type: type } = declared.data;
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined) throw unknownName(`model_type in ${path}:`, type, Object.keys(readers));
  return reader(path, config);
}

/** Problems that are worth naming. */
const mostProblems = 5;

function checked<Schema extends z.ZodType>(schema: Schema, config: unknown, path: string): z.output<Schema> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw invalid(
    path,
    parsed.error.issues
      .slice(0, mostProblems)
      .map(({ path: place, message }) => `${place.join(".")}: ${message.slice(0, 200)}`),
  );
}

const invalid = (path: string, problems: readonly string[]): SteepestError =>
  new SteepestError(
    "malformed-file",
    `${path} does not describe a model: ${problems.join("; ")}`,
    "Correct these entries, or name the model's own config.json",
  );
