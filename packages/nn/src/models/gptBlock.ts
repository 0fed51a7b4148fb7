import { add, type Tensor } from "@steepest/graph";
import { unknownName } from "@steepest/optim";
import { type FanInitialiser, normal, zeros } from "../initialisers.js";
import { causalSelfAttention } from "../layers/attention.js";
import { type FeedForwardKind, feedForward } from "../layers/feedForward.js";
import { layerNorm } from "../layers/layerNorm.js";
import { rmsNorm } from "../layers/rmsNorm.js";
import { type Model, sequential } from "./model.js";

/** GPT-2's first deviation of every matrix. */
export const gptDeviation = 0.02;

/** Which normalisation a GPT uses: layer norm, or RMS norm (never with a bias). */
export type NormalisationKind = "layerNorm" | "rmsNorm";

const normalisations: Readonly<
  Record<NormalisationKind, (name: string, width: number, options: { readonly bias: boolean }) => Model>
> = { layerNorm, rmsNorm };

/**
 * A normalisation by its kind.
 * @throws SteepestError `unknown-name` with the nearest kind
 */
export function normalisation(kind: NormalisationKind, name: string, width: number, bias: boolean): Model {
  // Callers without types can pass any text.
  if (!Object.hasOwn(normalisations, kind))
    throw unknownName("normalisation", kind, Object.keys(normalisations));
  return normalisations[kind](name, width, { bias });
}

/** What blocks of a GPT have in common, every choice made. */
export interface GptBlockOptions {
  /** Number of blocks: the more write to the residual stream, the smaller each begins. */
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly bias: boolean;
  readonly normalisation: NormalisationKind;
  /** What puts places into queries and keys, where they have any from there. */
  readonly positioned?: (x: Tensor) => Tensor;
  readonly qkNormalisation: boolean;
  readonly network: FeedForwardKind;
  readonly hidden?: number;
  readonly dropout: number;
}

/**
 * x + attention(norm(x)), then x + network(norm(x)). Matrices begin as N(0, 0.02²), those that write to the
 * residual stream with a deviation smaller by √(2·layers).
 */
export function gptBlock(name: string, options: GptBlockOptions): Model {
  const { layers, heads, width, bias, dropout, positioned, qkNormalisation, network, hidden } = options;
  const shared: {
    readonly weight: FanInitialiser;
    readonly projection: FanInitialiser;
    readonly bias: FanInitialiser | "none";
    readonly dropout: number;
  } = {
    weight: normal(gptDeviation),
    projection: normal(gptDeviation / Math.sqrt(2 * layers)),
    bias: bias ? zeros : "none",
    dropout,
  };
  return sequential([
    residual([
      normalisation(options.normalisation, `${name}.ln_1`, width, bias),
      causalSelfAttention(`${name}.attn`, width, heads, {
        ...{ ...shared, qkNormalisation },
        ...(positioned === undefined ? {} : { positioned }),
      }),
    ]),
    residual([
      normalisation(options.normalisation, `${name}.ln_2`, width, bias),
      feedForward(`${name}.mlp`, width, {
        ...shared,
        kind: network,
        ...(hidden === undefined ? {} : { hidden }),
      }),
    ]),
  ]);
}

/** x + f(x). */
function residual(models: readonly Model[]): Model {
  const branch = sequential(models);
  return { ...branch, apply: (x, mode) => add(x, branch.apply(x, mode)) };
}
