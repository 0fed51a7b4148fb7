import { add, constant, matmul, type Tensor } from "@steepest/graph";
import { SteepestError } from "@steepest/optim";
import { type FanInitialiser, normal, zeros } from "../initialisers.js";
import { activation } from "../layers/activations.js";
import { causalSelfAttention } from "../layers/attention.js";
import { embedding } from "../layers/embedding.js";
import { layerNorm } from "../layers/layerNorm.js";
import { linear } from "../layers/linear.js";
import { requireSizes } from "../layers/sizes.js";
import { type Mode, type Model, sequential } from "./model.js";

/** The sizes of a GPT, and what is not usual about it. */
export interface GptOptions {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** The longest sequence: rows of the position embedding. */
  readonly context: number;
  readonly vocabulary: number;
  /** Whether projections and layer norms have biases; default true, as GPT-2's. */
  readonly bias?: boolean;
  /**
   * `tied`: the logits are products with the token embedding (default); `own`: with a matrix
   * `lm_head.weight`.
   */
  readonly head?: "tied" | "own";
}

/** A GPT, whose logits can be had for some of its places. */
export interface GptModel extends Model {
  readonly options: GptOptions;
  /** From int32 tokens [sequences, time] to the last layer norm [sequences, time, width]. */
  hidden(tokens: Tensor, mode: Mode): Tensor;
  /** From what {@link hidden} gives, or rows of it, [..., width], to logits [..., vocabulary]. */
  logits(hidden: Tensor): Tensor;
}

/** GPT-2's first deviation of every matrix. */
const deviation = 0.02;

/**
 * GPT-2: token and position embeddings, blocks of causal self-attention and a GELU network four times as
 * wide, each on a layer norm of the residual stream, a last layer norm, and logits. From int32 tokens
 * [sequences, time] to logits [sequences, time, vocabulary]. Parameters have GPT-2's names (`wte.weight`,
 * `h.0.attn.c_attn.weight`, ...), weights the shape [outputs, inputs]. All matrices begin as N(0, 0.02²),
 * those that write to the residual stream with a deviation smaller by √(2·layers).
 *
 * `gpt2({ layers: 4, heads: 4, width: 128, context: 64, vocabulary: 65, bias: false })` has 804,096
 * parameters.
 *
 * Source: Radford et al., "Language models are unsupervised multitask learners", 2019.
 *
 * @throws SteepestError `invalid-value` where a size is not a positive integer or the heads do not divide the
 *   width; on `apply`, `shape-mismatch` for sequences longer than the context
 */
export function gpt2(options: GptOptions): GptModel {
  const { layers, heads, width, context, vocabulary, bias = true, head = "tied" } = options;
  requireSizes("gpt2", { layers, heads, width, context, vocabulary });
  const weight = normal(deviation);
  const projection = normal(deviation / Math.sqrt(2 * layers));
  const tokens = embedding("wte", vocabulary, width);
  const positions = embedding("wpe", context, width);
  const blocks = Array.from({ length: layers }, (_, layer) =>
    block(`h.${layer}`, width, heads, { bias, weight, projection }),
  );
  const last = layerNorm("ln_f", width, { bias });
  const own =
    head === "own" ? linear("lm_head", width, vocabulary, { role: "head", weight, bias: "none" }) : undefined;

  const { parameters } = sequential([
    tokens,
    positions,
    ...blocks,
    last,
    ...(own === undefined ? [] : [own]),
  ]);
  const hidden = (indices: Tensor, mode: Mode): Tensor => {
    const time = indices.shape.at(-1) ?? 0;
    requireContext(time, context);
    const order = constant(
      Int32Array.from({ length: time }, (_, place) => place),
      [time],
      "int32",
    );
    const embedded = add(tokens.apply(indices, mode), positions.apply(order, mode));
    return sequential([...blocks, last]).apply(embedded, mode);
  };
  const logits = (x: Tensor): Tensor =>
    own === undefined
      ? matmul(x, tokens.table.tensor, { transposeB: true })
      : own.apply(x, { training: false });
  return { options, parameters, hidden, logits, apply: (indices, mode) => logits(hidden(indices, mode)) };
}

function requireContext(time: number, context: number): void {
  if (time <= context) return;
  throw new SteepestError(
    "shape-mismatch",
    `gpt2: sequences of ${time} tokens are longer than the context of ${context}`,
    `Cut them to ${context} tokens, or build the model with context: ${time}`,
  );
}

/** x + attention(norm(x)), then x + network(norm(x)). */
function block(
  name: string,
  width: number,
  heads: number,
  options: { readonly bias: boolean; readonly weight: FanInitialiser; readonly projection: FanInitialiser },
): Model {
  const { bias, weight, projection } = options;
  const biases = { bias: bias ? zeros : ("none" as const) };
  return sequential([
    residual([
      layerNorm(`${name}.ln_1`, width, { bias }),
      causalSelfAttention(`${name}.attn`, width, heads, { ...options, biasInitialiser: zeros }),
    ]),
    residual([
      layerNorm(`${name}.ln_2`, width, { bias }),
      linear(`${name}.mlp.c_fc`, width, 4 * width, { weight, ...biases }),
      activation("gelu"),
      linear(`${name}.mlp.c_proj`, 4 * width, width, { weight: projection, ...biases }),
    ]),
  ]);
}

/** x + f(x). */
function residual(models: readonly Model[]): Model {
  const branch = sequential(models);
  return { ...branch, apply: (x, mode) => add(x, branch.apply(x, mode)) };
}
