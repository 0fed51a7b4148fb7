import {
  add,
  constant,
  greater,
  matmul,
  reshape,
  rmsNorm,
  softmax,
  split,
  type Tensor,
  transpose,
  where,
} from "@steepest/graph";
import { SteepestError } from "@steepest/optim";
import type { FanInitialiser } from "../initialisers.js";
import type { Model } from "../models/model.js";
import { dropout } from "./dropout.js";
import { linear } from "./linear.js";
import type { rotary } from "./rotary.js";
import { requireSizes } from "./sizes.js";

/** What is not usual about causal self-attention. */
export interface AttentionOptions {
  readonly weight: FanInitialiser;
  /** Of the projection back into the residual stream. */
  readonly projection: FanInitialiser;
  /** Of both projections. */
  readonly bias: FanInitialiser | "none";
  /**
   * Divides each head's queries and keys by their root mean square, without a scale of its own (Henry et al.,
   * "Query-key normalization", arXiv:2010.04245, as in the NanoGPT speedrun). Default false.
   */
  readonly qkNormalisation?: boolean;
  /**
   * Puts the place into queries and keys [sequences, heads, time, depth], as {@link rotary} does. Default: the
   * places are in x already.
   */
  readonly positioned?: (x: Tensor) => Tensor;
  /** Rate of dropout of the attention weights, and of the result. Default 0. */
  readonly dropout?: number;
}

/** Added to the scores of what comes later: their exponentials are 0, and no infinity meets another. */
const never = -1e9;

/**
 * Causal self-attention over [sequences, time, width]: softmax(QKᵀ/√d + mask)V for each head, Q, K and V by
 * one product with `<name>.c_attn.weight` [3·width, width] (queries first, then keys, then values; in each,
 * heads one after the other), the heads together by `<name>.c_proj.weight` [width, width].
 *
 * Source: Vaswani et al., "Attention is all you need", arXiv:1706.03762; names and order as in GPT-2.
 *
 * @throws SteepestError `invalid-value` where a size is not a positive integer, the heads do not divide the
 *   width
 */
export function causalSelfAttention(
  name: string,
  width: number,
  heads: number,
  options: AttentionOptions,
): Model {
  requireSizes(`attention "${name}"`, { width, heads });
  if (width % heads !== 0) {
    throw new SteepestError(
      "invalid-value",
      `attention "${name}": ${heads} heads do not divide a width of ${width}`,
      "Give a width that is a multiple of the number of heads",
    );
  }
  const { weight, projection, bias, positioned = (x) => x, dropout: rate = 0 } = options;
  const input = linear(`${name}.c_attn`, width, 3 * width, { weight, bias });
  const output = linear(`${name}.c_proj`, width, width, { weight: projection, bias });
  const dropWeights = dropout(`${name}.attn_dropout`, rate);
  const dropResult = dropout(`${name}.resid_dropout`, rate);
  const depth = width / heads;
  const compared = (x: Tensor): Tensor => positioned(options.qkNormalisation ? rmsNorm(x) : x);
  return {
    parameters: [...input.parameters, ...output.parameters],
    apply(x, mode) {
      const [sequences = 1, time = 1] = x.shape;
      const byHead = (part: Tensor): Tensor =>
        transpose(reshape(part, [sequences, time, heads, depth]), [0, 2, 1, 3]);
      const projected = input.apply(x, mode);
      const [queries = projected, keys = projected, values = projected] = split(projected, 3, {
        axis: -1,
      }).map(byHead);
      const scores = matmul(compared(queries), compared(keys), {
        transposeB: true,
        scale: 1 / Math.sqrt(depth),
      });
      const weights = dropWeights.apply(softmax(add(scores, causalMask(time))), mode);
      const attended = transpose(matmul(weights, values), [0, 2, 1, 3]);
      return dropResult.apply(output.apply(reshape(attended, [sequences, time, width]), mode), mode);
    },
  };
}

/** 0 where a column is not later than its row. Made of two short lists: long contexts keep no table of it. */
function causalMask(time: number): Tensor {
  const places = Float64Array.from({ length: time }, (_, place) => place);
  return where(greater(constant(places, [1, time]), constant(places, [time, 1])), never, 0);
}
