import { onnxDataType } from "../onnx/dataType.js";
import { broadcastShapes, mapBroadcast } from "../tensor/broadcast.js";
import type { NoAttributes, Operator } from "../tensor/operator.js";
import { applySingle, type DType, type Operand, type Tensor, toTensors } from "../tensor/tensor.js";
import { booleanTypes, requireEqualTypes, requireTypes, stored } from "./shared/elementTypes.js";
import { sumTo } from "./sumTo.js";

/** Chooses between two tensors, element by element. */
export const whereOperator: Operator<NoAttributes> = {
  name: "where",
  infer: (inputs) => {
    const [condition, ...branches] = inputs;
    requireTypes("where", condition ? [condition] : [], booleanTypes, "the condition's element type");
    requireEqualTypes("where", branches);
    return [{ shape: broadcastShapes("where", inputs), dtype: branches[0]?.dtype ?? "float32" }];
  },
  gradient: ({ inputs: [condition, a, b] }, [dy]) =>
    condition && a && b && dy
      ? [undefined, sumTo(where(condition, dy, 0), a.shape), sumTo(where(condition, 0, dy), b.shape)]
      : [],
  toOnnx: (emitter, inputs) => [emitter.node("Where", inputs)],
  evaluate: (inputs, { outputs }) =>
    outputs.map(({ shape }) => mapBroadcast(inputs, shape, (condition, a = 0, b = 0) => (condition ? a : b))),
};

/**
 * a where the condition is true, else b; all three broadcast.
 *
 * @throws GraphError `dtype-mismatch` where the condition is not bool or a and b differ in type,
 *   `shape-mismatch`
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return applySingle(whereOperator, [condition, ...toTensors("where", a, b)], {});
}

type CastAttributes = { readonly to: DType };

/** Converts between element types. */
export const castOperator: Operator<CastAttributes> = {
  name: "cast",
  infer: (inputs, { to }) => inputs.map(({ shape }) => ({ shape, dtype: to })),
  // Of the element types only float32 carries derivatives, and a cast from it to itself is no operation.
  gradient: () => [],
  toOnnx: (emitter, inputs, { attributes: { to } }) => [
    emitter.node("Cast", inputs, { attributes: { to: { int: onnxDataType[to] } } }),
  ],
  evaluate: ([x], { attributes: { to } }) => [
    x?.data.map((value) => stored(value, to)) ?? new Float64Array(),
  ],
};

/**
 * x with another element type. Fractions are cut off towards zero; numbers become booleans as x ≠ 0. A float
 * beyond the range of an integer type has no defined result. The derivative is 0.
 */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : applySingle(castOperator, [x], { to });
}

export const selectOperators: readonly Operator[] = [whereOperator, castOperator];
