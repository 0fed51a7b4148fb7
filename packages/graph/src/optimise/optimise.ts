import { mapRecord } from "../errors/names.js";
import type { Tensor } from "../tensor/tensor.js";
import { arithmeticRules } from "./arithmetic.js";
import { foldConstants, foldEmpty } from "./fold.js";
import { fusionRules } from "./fuse.js";
import { exchangeByRows, layoutRules } from "./layout.js";
import { orientProducts } from "./orient.js";
import { reshapeRules } from "./reshape.js";
import { type RewriteRule, rewrite } from "./rewrite.js";

const rules: readonly RewriteRule[] = [
  foldEmpty,
  foldConstants,
  ...arithmeticRules,
  ...layoutRules,
  ...reshapeRules,
  ...fusionRules,
];

/** Rounds of rewriting after which an unsettled graph is good enough; each is one pass over it. */
const maximumRounds = 20;

/** Applies the rules, and some more, until none applies. */
function simplify(outputs: readonly Tensor[], more: readonly RewriteRule[] = []): readonly Tensor[] {
  let tensors = outputs;
  for (let round = 0; round < maximumRounds; round++) {
    // First without rules: they count a tensor's uses, and count right only where equal tensors are one.
    const result = rewrite(rewrite(tensors, []).outputs, [...rules, ...more]);
    tensors = result.outputs;
    if (!result.changed) break;
  }
  return tensors;
}

/**
 * The same tensors, written more cheaply: equal subgraphs computed once, constants folded, neutral arithmetic
 * and changes of layout removed, matrix products fused with their transposes, scales and biases, and computed
 * the way round that pads them less. Values change by no more than the rounding of a reordered product.
 */
export function optimise(outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const names = Object.keys(outputs);
  const oriented = orientProducts(simplify(Object.values(outputs)), simplify);
  const tensors = simplify(oriented, [exchangeByRows]);
  const byName = new Map(names.map((name, i) => [name, tensors[i]]));
  return mapRecord(outputs, (tensor, name) => byName.get(name) ?? tensor);
}
