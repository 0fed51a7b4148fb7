import { type GptOptions, gpt2 } from "@steepest/nn";
import type { ParameterSpec } from "@steepest/optim";
import { type MemoryModel, parameterSpec, type Transformer } from "./model.js";
import { requireTransformer } from "./sizes.js";

/**
 * A GPT-2, with the parameters of our own: `gpt2` of `@steepest/nn`.
 * @throws SteepestError `invalid-value` for sizes that are none
 */
export function gpt2Model(name: string, options: GptOptions): MemoryModel {
  const { layers, heads, width, context, vocabulary, network = "gelu", hidden = 4 * width } = options;
  const architecture: Transformer = {
    ...{ kind: "transformer", layers, width, heads, keyValueHeads: heads, headWidth: width / heads },
    ...{ inner: hidden, gated: network === "swiglu", dropout: (options.dropout ?? 0) > 0 },
    ...{ vocabulary, classes: 0, context, fixedSequence: false },
  };
  requireTransformer(name, architecture);
  const parameters = gpt2(options).parameters.map(({ name: own, shape, role }) =>
    parameterSpec(own, shape, role),
  );
  return { name, parameters, blocks: blocksOf(parameters, layers), architecture, notes: [] };
}

/** The parameters of each layer, by GPT-2's names. */
function blocksOf(
  parameters: readonly ParameterSpec[],
  layers: number,
): readonly (readonly ParameterSpec[])[] {
  const blocks: ParameterSpec[][] = Array.from({ length: layers }, () => []);
  for (const parameter of parameters) {
    const layer = /^h\.(\d+)\./.exec(parameter.name)?.[1];
    if (layer !== undefined) blocks[Number(layer)]?.push(parameter);
  }
  return blocks;
}

/** The sizes of a decoder as Llama, Mistral and Qwen have it. */
export interface DecoderSizes {
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly width: number;
  readonly inner: number;
  readonly context: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  /** Whether queries, keys and values have biases (Qwen 2). */
  readonly attentionBias?: boolean;
  /** Whether attention's output has one, too. */
  readonly outputBias?: boolean;
  /** Whether queries and keys are normalised for each head (Qwen 3). */
  readonly headNorms?: boolean;
}

/**
 * A decoder with RMS norms, rotary positions, grouped-query attention and a gated network: Llama, Mistral,
 * Qwen. Parameters have Hugging Face's names.
 * @throws SteepestError `invalid-value` for sizes that are none
 */
export function decoderModel(name: string, sizes: DecoderSizes): MemoryModel {
  const { layers, heads, keyValueHeads, headWidth, width, inner, context, vocabulary } = sizes;
  const architecture: Transformer = {
    ...{ kind: "transformer", layers, width, heads, keyValueHeads, headWidth },
    ...{ inner, gated: true, dropout: false, vocabulary, classes: 0, context, fixedSequence: false },
  };
  requireTransformer(name, architecture);
  const queries = heads * headWidth;
  const keys = keyValueHeads * headWidth;
  const linear = (own: string, outputs: number, inputs: number, bias = false) => [
    parameterSpec(`${own}.weight`, [outputs, inputs], "hiddenMatrix"),
    ...(bias ? [parameterSpec(`${own}.bias`, [outputs], "bias")] : []),
  ];
  const norm = (own: string, size: number) => parameterSpec(`${own}.weight`, [size], "norm");
  const bias = sizes.attentionBias === true;
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const own = `model.layers.${layer}`;
    return [
      norm(`${own}.input_layernorm`, width),
      ...linear(`${own}.self_attn.q_proj`, queries, width, bias),
      ...linear(`${own}.self_attn.k_proj`, keys, width, bias),
      ...linear(`${own}.self_attn.v_proj`, keys, width, bias),
      ...linear(`${own}.self_attn.o_proj`, width, queries, sizes.outputBias === true),
      ...(sizes.headNorms === true
        ? [norm(`${own}.self_attn.q_norm`, headWidth), norm(`${own}.self_attn.k_norm`, headWidth)]
        : []),
      norm(`${own}.post_attention_layernorm`, width),
      ...linear(`${own}.mlp.gate_proj`, inner, width),
      ...linear(`${own}.mlp.up_proj`, inner, width),
      ...linear(`${own}.mlp.down_proj`, width, inner),
    ];
  });
  const parameters = [
    parameterSpec("model.embed_tokens.weight", [vocabulary, width], "embedding"),
    ...blocks.flat(),
    norm("model.norm", width),
    ...(sizes.tied ? [] : [parameterSpec("lm_head.weight", [vocabulary, width], "head")]),
  ];
  return { name, parameters, blocks, architecture, notes: [] };
}
