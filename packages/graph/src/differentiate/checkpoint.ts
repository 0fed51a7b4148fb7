import { after } from "../operators/after.js";
import type { Operator } from "../tensor/operator.js";
import { apply, applySingle, type Source, type Tensor } from "../tensor/tensor.js";
import { sourcesBetween, topologicalOrder } from "../tensor/traverse.js";
import { pullback } from "./gradients.js";

type CheckpointAttributes = {
  /** How many of the inputs, after the value itself, are kept for the backward pass. */
  readonly kept: number;
};

/**
 * The vertices through which y depends on one of the tensors, in topological order; not those through which
 * one of the tensors depends on another, as every stretch on what dropout draws from.
 */
function region(y: Tensor, kept: readonly Tensor[]): readonly Source[] {
  const given = new Set(kept);
  const order = topologicalOrder([y], given);
  const between = sourcesBetween(order, given);
  return order.filter((source) => between.has(source));
}

/** y computed once more, from other tensors in place of those it was computed from. */
function recomputed(y: Tensor, standIns: Map<Tensor, Tensor>): Tensor {
  for (const source of region(y, [...standIns.keys()])) {
    if (source.kind !== "operation") continue;
    const inputs = source.inputs.map((x) => standIns.get(x) ?? x);
    const outputs = apply(source.operator, inputs, source.attributes);
    source.outputs.forEach((tensor, i) => {
      if (!standIns.has(tensor)) standIns.set(tensor, outputs[i] ?? tensor);
    });
  }
  return standIns.get(y) ?? y;
}

/**
 * Gives its first input, y. Its derivative computes y once more from the next `kept` inputs, and goes through
 * that; the inputs after those are what else y is computed from.
 */
export const checkpointOperator: Operator<CheckpointAttributes> = {
  name: "checkpoint",
  infer: ([y]) => (y ? [y] : []),
  gradient: ({ inputs: [y, ...from], attributes: { kept } }, [dy]) => {
    if (!y || !dy) return [];
    const again = from.slice(0, kept).map((x) => after(x, dy));
    const standIns = new Map(again.map((x, i) => [from[i] ?? x, x]));
    const value = recomputed(y, standIns);
    return [undefined, ...pullback(value, dy, [...again, ...from.slice(kept)])];
  },
  // Optimisation takes it out of the graph, where nothing is left for it to do.
  toOnnx: (_, [y = ""]) => [y],
  evaluate: ([y]) => (y ? [y.data.slice()] : []),
};

/**
 * The same function, of which only the arguments are kept for the derivative: what it computes on the way is
 * computed again when the backward pass arrives there, from the arguments. Gradient checkpointing: for one
 * more forward pass, the memory of one stretch at a time in place of all. The value is the same to the bit,
 * and so are the derivatives.
 *
 * Source: Chen et al., "Training deep nets with sublinear memory cost", arXiv:1604.06174.
 *
 * @param f may use other tensors than its arguments, as parameters: derivatives reach these too
 */
export function checkpoint<Arguments extends readonly Tensor[]>(
  f: (...operands: Arguments) => Tensor,
): (...operands: Arguments) => Tensor {
  return (...operands) => {
    const y = f(...operands);
    const inside = new Set(region(y, operands));
    const others = new Set(
      [...inside].flatMap((source) => (source.kind === "operation" ? source.inputs : [])),
    );
    for (const x of others) if (inside.has(x.source) || operands.includes(x)) others.delete(x);
    return applySingle(checkpointOperator, [y, ...operands, ...others], { kept: operands.length });
  };
}
