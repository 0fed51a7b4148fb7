import { GraphError } from "../errors/errors.js";
import { mapRecord } from "../errors/names.js";
import type { NumericTensor } from "../tensor/operator.js";
import { elementCount } from "../tensor/shape.js";
import type { Operation, Source, Tensor } from "../tensor/tensor.js";
import { inputsByName, topologicalOrder, unknownName } from "../tensor/traverse.js";

/** Numbers fed to an input, in row-major order. */
export type FeedValues = ArrayLike<number> | ArrayLike<bigint>;

/**
 * The outputs of one operation, computed in float64 by its operator's `evaluate`.
 *
 * @throws GraphError `misuse` where the operator gives arrays of other sizes than it inferred
 */
export function evaluateOperation(
  operation: Operation,
  inputs: readonly NumericTensor[],
): readonly NumericTensor[] {
  const arrays = operation.operator.evaluate(inputs, operation);
  return operation.outputs.map(({ shape, dtype, index }) => {
    const data = arrays[index];
    if (data?.length === elementCount(shape)) return { shape, dtype, data };
    throw new GraphError(
      "misuse",
      `${operation.operator.name}: evaluate gave ${data?.length ?? "no"} elements for output ${index} of shape [${shape.join(", ")}]`,
      "Make evaluate agree with infer",
    );
  });
}

function fed(name: string, tensor: Tensor, feeds: Readonly<Record<string, FeedValues>>): NumericTensor {
  const values = feeds[name];
  const expected = elementCount(tensor.shape);
  if (values?.length !== expected) {
    throw new GraphError(
      values === undefined ? "misuse" : "shape-mismatch",
      `input "${name}" needs ${expected} elements for shape [${tensor.shape.join(", ")}], found ${values?.length ?? "none"}`,
      `Pass feeds.${name} with ${expected} numbers in row-major order`,
    );
  }
  return {
    shape: tensor.shape,
    dtype: tensor.dtype,
    data: Float64Array.from({ length: expected }, (_, i) => Number(values[i])),
  };
}

/**
 * Computes tensors in float64 on plain arrays: the readable reference against which compiled graphs are
 * tested, and the ground on which derivatives are checked by finite differences. It is exact where float32
 * rounds, and slow.
 *
 * @param outputs the tensors to compute, by names of the caller's choice
 * @param feeds numbers for every input, by the input's name, in row-major order
 * @returns the numbers of each output in row-major order
 * @throws GraphError `misuse` or `shape-mismatch` for missing or wrongly sized feeds, `unknown-name` for
 *   superfluous ones
 */
export function evaluate<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  feeds: Readonly<Record<string, FeedValues>> = {},
): Record<Name, Float64Array> {
  const order = topologicalOrder(Object.values<Tensor>(outputs));
  const known = inputsByName(order);
  for (const name of Object.keys(feeds)) {
    if (!known.has(name)) throw unknownName("input", name, [...known.keys()]);
  }
  const values = new Map<Source, readonly NumericTensor[]>();
  const computed = (tensor: Tensor): NumericTensor => {
    const value = values.get(tensor.source)?.[tensor.index];
    if (value === undefined) throw new Error("internal: a tensor is used before it is computed");
    return value;
  };
  for (const source of order) {
    if (source.kind === "operation") {
      values.set(source, evaluateOperation(source, source.inputs.map(computed)));
    } else {
      values.set(
        source,
        source.outputs.map((tensor) =>
          source.kind === "input"
            ? fed(source.name, tensor, feeds)
            : { shape: tensor.shape, dtype: tensor.dtype, data: source.data },
        ),
      );
    }
  }
  return mapRecord(outputs, (tensor) => computed(tensor).data.slice());
}
