import { checkpoint, type Tensor } from "@steepest/graph";
import { requireSizes } from "../layers/sizes.js";
import { type Model, sequential } from "./model.js";

/**
 * What of a stack of blocks the backward pass computes a second time: nothing (`none`), every block, from the
 * tensor before it (`full`), or stretches of so many blocks each, from the tensor before each stretch. Losses
 * and gradients are the same to the bit; memory falls, and time rises by at most one forward pass.
 */
export type Checkpointing = "none" | "full" | { readonly every: number };

/**
 * The blocks one after the other, as models that are computed again as wholes.
 * @throws SteepestError `invalid-value` where the length of a stretch is not a positive integer.
 */
export function withCheckpointing(blocks: readonly Model[], checkpointing: Checkpointing): readonly Model[] {
  if (checkpointing === "none") return blocks;
  const every = checkpointing === "full" ? 1 : checkpointing.every;
  requireSizes("checkpointing", { every });
  return Array.from({ length: Math.ceil(blocks.length / every) }, (_, i) => {
    const stretch = sequential(blocks.slice(i * every, (i + 1) * every));
    return {
      ...stretch,
      apply: (x, { dropoutKey, ...mode }) => {
        if (dropoutKey === undefined) return checkpoint((kept: Tensor) => stretch.apply(kept, mode))(x);
        // An argument as well, so that what dropout draws is drawn again, not kept.
        return checkpoint((kept: Tensor, key: Tensor) => stretch.apply(kept, { ...mode, dropoutKey: key }))(
          x,
          dropoutKey,
        );
      },
    };
  });
}
