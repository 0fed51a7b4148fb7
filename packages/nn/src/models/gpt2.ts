import { add, constant, matmul, multiply, type Tensor, tanh } from "@steepest/graph";
import { SteepestError, unknownName } from "@steepest/optim";
import { normal } from "../initialisers.js";
import { dropout } from "../layers/dropout.js";
import { embedding } from "../layers/embedding.js";
import type { FeedForwardKind } from "../layers/feedForward.js";
import { linear } from "../layers/linear.js";
import { rotary } from "../layers/rotary.js";
import { requireSizes } from "../layers/sizes.js";
import { type Checkpointing, withCheckpointing } from "./checkpointing.js";
import {
  type GptBlockOptions,
  gptBlock,
  gptDeviation,
  type NormalisationKind,
  normalisation,
} from "./gptBlock.js";
import { type Mode, type Model, sequential } from "./model.js";

/** The sizes of a GPT, and what is not usual about it: plain data, every choice independent of the others. */
export interface GptOptions {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** The longest sequence: rows of a learned position embedding. */
  readonly context: number;
  readonly vocabulary: number;
  /** Whether projections and layer norms have biases; default true, as GPT-2's. */
  readonly bias?: boolean;
  /**
   * `tied`: the logits are products with the token embedding (default); `own`: with a matrix
   * `lm_head.weight`.
   */
  readonly head?: "tied" | "own";
  /** Default `layerNorm`. */
  readonly normalisation?: NormalisationKind;
  /** `learned`: a row of `wpe.weight` for each place (default); `rotary`: queries and keys are turned. */
  readonly positions?: "learned" | "rotary";
  /** Whether each head's queries and keys are divided by their root mean square. Default false. */
  readonly qkNormalisation?: boolean;
  /** The network of each block. Default `gelu`. */
  readonly network?: FeedForwardKind;
  /** Units of each network. Default 4·width, for `swiglu` 8/3·width rounded up to a multiple of 8. */
  readonly hidden?: number;
  /** c > 0: logits z become c·tanh(z/c), so that none exceeds c. Default: they stay. */
  readonly logitCap?: number;
  /**
   * Rate of dropout in training, at GPT-2's places: the embeddings, the attention weights, and what each
   * branch adds to the residual stream. Default 0.
   */
  readonly dropout?: number;
  /** Which blocks the backward pass computes a second time; default `none`. */
  readonly checkpointing?: Checkpointing;
}

/** A GPT, whose logits can be had for some of its places. */
export interface GptModel extends Model {
  readonly options: GptOptions;
  /** From int32 tokens [sequences, time] to the last normalisation [sequences, time, width]. */
  hidden(tokens: Tensor, mode: Mode): Tensor;
  /** From what {@link hidden} gives, or rows of it, [..., width], to logits [..., vocabulary]. */
  logits(hidden: Tensor): Tensor;
}

/**
 * GPT-2: token and position embeddings, blocks of causal self-attention and a GELU network four times as
 * wide, each on a layer norm of the residual stream, a last layer norm, and logits. From int32 tokens
 * [sequences, time] to logits [sequences, time, vocabulary]. Parameters have GPT-2's names (`wte.weight`,
 * `h.0.attn.c_attn.weight`, ...), weights the shape [outputs, inputs]. All matrices begin as N(0, 0.02²),
 * those that write to the residual stream with a deviation smaller by √(2·layers).
 *
 * `gpt2({ layers: 4, heads: 4, width: 128, context: 64, vocabulary: 65, bias: false })` has 804,096
 * parameters; {@link gptPresets} has this and other known sizes.
 *
 * Source: Radford et al., "Language models are unsupervised multitask learners", 2019. Capped logits: Gemma 2
 * (arXiv:2408.00118); the other options name theirs where they are.
 *
 * @throws SteepestError `invalid-value` where a size is not a positive integer, the heads do not divide the
 *   width or another option is out of its range; `unknown-name` with the nearest kind; on `apply`,
 *   `shape-mismatch` for sequences longer than the context
 */
export function gpt2(options: GptOptions): GptModel {
  const { layers, heads, width, context, vocabulary, bias = true, head = "tied", logitCap } = options;
  const { positions: places = "learned", dropout: rate = 0, checkpointing = "none" } = options;
  requireSizes("gpt2", { layers, heads, width, context, vocabulary });
  requireKnown("kind of head", head, ["tied", "own"]);
  requireKnown("kind of positions", places, ["learned", "rotary"]);
  requireCap(logitCap);
  const {
    normalisation: kind = "layerNorm",
    qkNormalisation = false,
    network = "gelu",
    hidden: units,
  } = options;
  const tokens = embedding("wte", vocabulary, width);
  const positions = places === "learned" ? embedding("wpe", context, width) : undefined;
  const drop = dropout("drop", rate);
  const blockOptions: GptBlockOptions = {
    ...{ layers, heads, width, bias, normalisation: kind, qkNormalisation, network, dropout: rate },
    ...(units === undefined ? {} : { hidden: units }),
    ...(places === "rotary" ? { positioned: rotary(width / heads) } : {}),
  };
  const blocks = Array.from({ length: layers }, (_, layer) => gptBlock(`h.${layer}`, blockOptions));
  const last = normalisation(kind, "ln_f", width, bias);
  const weight = normal(gptDeviation);
  const own =
    head === "own" ? linear("lm_head", width, vocabulary, { role: "head", weight, bias: "none" }) : undefined;

  const parts = [tokens, positions, ...blocks, last, own];
  const { parameters } = sequential(parts.flatMap((part) => (part === undefined ? [] : [part])));
  const hidden = (indices: Tensor, mode: Mode): Tensor => {
    const time = indices.shape.at(-1) ?? 0;
    requireContext(time, context);
    const content = tokens.apply(indices, mode);
    const embedded = positions === undefined ? content : add(content, positions.apply(placesOf(time), mode));
    return sequential([drop, ...withCheckpointing(blocks, checkpointing), last]).apply(embedded, mode);
  };
  const logits = (x: Tensor): Tensor => {
    const product =
      own === undefined
        ? matmul(x, tokens.table.tensor, { transposeB: true })
        : own.apply(x, { training: false });
    return logitCap === undefined ? product : multiply(tanh(multiply(product, 1 / logitCap)), logitCap);
  };
  return { options, parameters, hidden, logits, apply: (indices, mode) => logits(hidden(indices, mode)) };
}

/** 0, 1, …, time − 1. */
const placesOf = (time: number): Tensor =>
  constant(
    Int32Array.from({ length: time }, (_, place) => place),
    [time],
    "int32",
  );

function requireContext(time: number, context: number): void {
  if (time <= context) return;
  throw new SteepestError(
    "shape-mismatch",
    `gpt2: sequences of ${time} tokens are longer than the context of ${context}`,
    `Cut them to ${context} tokens, or build the model with context: ${time}`,
  );
}

/** Callers without types can pass any text. */
function requireKnown(kind: string, name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw unknownName(kind, name, known);
}

function requireCap(cap: number | undefined): void {
  if (cap === undefined || (cap > 0 && Number.isFinite(cap))) return;
  throw new SteepestError(
    "invalid-value",
    `gpt2: expected logitCap to be a positive number, found ${cap}`,
    "Usual values are 15 and 30; leave it out for logits without a bound",
  );
}
