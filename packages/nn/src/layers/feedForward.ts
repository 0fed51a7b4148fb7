import { gelu, multiply, split, type Tensor } from "@steepest/graph";
import { unknownName } from "@steepest/optim";
import type { FanInitialiser } from "../initialisers.js";
import { type Model, sequential } from "../models/model.js";
import { relu2, silu } from "./activations.js";
import { dropout } from "./dropout.js";
import { linear } from "./linear.js";
import { requireSizes } from "./sizes.js";

/**
 * What a network between two projections computes from the first one's result u: `gelu`, uΦ(u); `relu2`,
 * max(0, u)²; `swiglu`, v·silu(u) of a first projection twice as wide, whose halves are u and v (Shazeer,
 * "GLU variants improve Transformer", arXiv:2002.05202).
 */
export type FeedForwardKind = "gelu" | "relu2" | "swiglu";

/** What is not usual about the network of a transformer's block. */
export interface FeedForwardOptions {
  readonly kind: FeedForwardKind;
  /** Number of units between the projections. Default: {@link feedForwardWidth}. */
  readonly hidden?: number;
  readonly weight: FanInitialiser;
  /** Of the projection back into the residual stream. */
  readonly projection: FanInitialiser;
  readonly bias: FanInitialiser | "none";
  /** Rate of dropout of the result. */
  readonly dropout: number;
}

const kinds: Readonly<
  Record<FeedForwardKind, { readonly parts: number; readonly middle: (u: Tensor) => Tensor }>
> = {
  gelu: { parts: 1, middle: gelu },
  relu2: { parts: 1, middle: relu2 },
  swiglu: {
    parts: 2,
    middle: (both) => {
      const [gate = both, value = both] = split(both, 2, { axis: -1 });
      return multiply(silu(gate), value);
    },
  },
};

/**
 * The usual number of units of a network in a residual stream: four times as many, and for `swiglu`, whose
 * three matrices should have no more parameters than two, 8/3 times as many, rounded up to a multiple of 8.
 */
export const feedForwardWidth = (kind: FeedForwardKind, width: number): number =>
  kind === "swiglu" ? 8 * Math.ceil(width / 3) : 4 * width;

/**
 * The network of a transformer's block, on each place alone: `<name>.c_fc`, what the kind computes,
 * `<name>.c_proj`, dropout.
 * @throws SteepestError `unknown-name` with the nearest kind, `invalid-value` where a size is not a positive
 *   integer
 */
export function feedForward(name: string, width: number, options: FeedForwardOptions): Model {
  const { kind, weight, projection, bias, dropout: rate } = options;
  // Callers without types can pass any text.
  if (!Object.hasOwn(kinds, kind)) throw unknownName("network", kind, Object.keys(kinds));
  const { parts, middle } = kinds[kind];
  const { hidden = feedForwardWidth(kind, width) } = options;
  requireSizes(`network "${name}"`, { width, hidden });
  return sequential([
    linear(`${name}.c_fc`, width, parts * hidden, { weight, bias }),
    { parameters: [], apply: middle },
    linear(`${name}.c_proj`, hidden, width, { weight: projection, bias }),
    dropout(`${name}.dropout`, rate),
  ]);
}
