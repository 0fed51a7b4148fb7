import { add, constant, matmul, reshape, softmax, split, type Tensor, transpose } from "@steepest/graph";
import { SteepestError } from "@steepest/optim";
import type { FanInitialiser } from "../initialisers.js";
import type { Model } from "../models/model.js";
import { linear } from "./linear.js";
import { requireSizes } from "./sizes.js";

/** What is not usual about causal self-attention. */
export interface AttentionOptions {
  /** Whether the projections have biases; default true. */
  readonly bias?: boolean;
  readonly weight: FanInitialiser;
  /** Of the projection back into the residual stream. */
  readonly projection: FanInitialiser;
  readonly biasInitialiser: FanInitialiser;
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
 * @throws SteepestError `invalid-value` where a size is not a positive integer or the heads do not divide the
 *   width
 */
export function causalSelfAttention(
  name: string,
  width: number,
  heads: number,
  { bias = true, weight, projection, biasInitialiser }: AttentionOptions,
): Model {
  requireSizes(`attention "${name}"`, { width, heads });
  if (width % heads !== 0) {
    throw new SteepestError(
      "invalid-value",
      `attention "${name}": ${heads} heads do not divide a width of ${width}`,
      "Give a width that is a multiple of the number of heads",
    );
  }
  const biases = { bias: bias ? biasInitialiser : ("none" as const) };
  const input = linear(`${name}.c_attn`, width, 3 * width, { weight, ...biases });
  const output = linear(`${name}.c_proj`, width, width, { weight: projection, ...biases });
  const depth = width / heads;
  return {
    parameters: [...input.parameters, ...output.parameters],
    apply(x, mode) {
      const [sequences = 1, time = 1] = x.shape;
      const projected = reshape(input.apply(x, mode), [sequences, time, 3, heads, depth]);
      const byHead = transpose(projected, [2, 0, 3, 1, 4]);
      const [queries = byHead, keys = byHead, values = byHead] = split(byHead, 3).map((part) =>
        reshape(part, [sequences, heads, time, depth]),
      );
      const scores = matmul(queries, keys, { transposeB: true, scale: 1 / Math.sqrt(depth) });
      const weights = softmax(add(scores, causalMask(time)));
      const attended = transpose(matmul(weights, values), [0, 2, 1, 3]);
      return output.apply(reshape(attended, [sequences, time, width]), mode);
    },
  };
}

/** 0 where a column is not later than its row. */
const causalMask = (time: number): Tensor =>
  constant(
    Float32Array.from({ length: time * time }, (_, place) =>
      place % time > Math.floor(place / time) ? never : 0,
    ),
    [time, time],
  );
