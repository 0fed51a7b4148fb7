import { broadcastShapes, mapBroadcast } from "../../tensor/broadcast.js";
import type { Emitter, NoAttributes, Operator } from "../../tensor/operator.js";
import {
  applySingle,
  type DType,
  type Operand,
  type Tensor,
  toTensor,
  toTensors,
} from "../../tensor/tensor.js";
import { sumTo } from "../sumTo.js";
import { requireEqualTypes, requireTypes, stored } from "./elementTypes.js";

/** What element-wise operators of any number of inputs have in common. */
interface ElementwiseRule {
  readonly name: string;
  /** ONNX operator of the same meaning, or the nodes that compute it. */
  readonly onnx: string | ((emitter: Emitter, inputs: readonly string[]) => string);
  readonly types: readonly DType[];
  /** Element type of the result; the inputs' where undefined. */
  readonly result?: DType;
}

/** One row of the table of unary operators: y = f(x). */
export interface UnaryRule extends ElementwiseRule {
  readonly f: (x: number) => number;
  /** dL/dx from dL/dy; absent where it is zero everywhere. */
  readonly gradient?: (dy: Tensor, x: Tensor, y: Tensor) => Tensor;
}

/** One row of the table of binary operators: y = f(a, b), broadcast. */
export interface BinaryRule extends ElementwiseRule {
  readonly f: (a: number, b: number) => number;
  /**
   * dL/da and dL/db of the broadcast shape, which is then summed to the inputs' own; absent where both are
   * zero.
   */
  readonly gradient?: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor];
}

function elementwise(
  { name, onnx, types, result }: ElementwiseRule,
  f: (...values: number[]) => number,
  gradient: Operator<NoAttributes>["gradient"],
): Operator<NoAttributes> {
  return {
    name,
    infer: (inputs) => {
      requireTypes(name, inputs, types);
      requireEqualTypes(name, inputs);
      return [{ shape: broadcastShapes(name, inputs), dtype: result ?? inputs[0]?.dtype ?? "float32" }];
    },
    gradient,
    toOnnx: (emitter, inputs) => [
      typeof onnx === "string" ? emitter.node(onnx, inputs) : onnx(emitter, inputs),
    ],
    evaluate: (inputs, { outputs }) =>
      outputs.map(({ shape, dtype }) =>
        mapBroadcast(inputs, shape, (...values) => stored(f(...values), dtype)),
      ),
  };
}

/** A function that users call, with the operator that it applies. */
export type OperatorFunction<Arguments extends readonly Operand[]> = ((...operands: Arguments) => Tensor) & {
  readonly operator: Operator<NoAttributes>;
};

/** The operator of a unary row and the function that applies it. */
export function unary(rule: UnaryRule): OperatorFunction<[x: Operand]> {
  const operator = elementwise(
    rule,
    (x = Number.NaN) => rule.f(x),
    ({ inputs: [x], outputs: [y] }, [dy]) => [dy && x && y && rule.gradient?.(dy, x, y)],
  );
  const [dtype] = rule.types;
  return Object.assign((x: Operand) => applySingle(operator, [toTensor(x, dtype)], {}), { operator });
}

/** The operator of a binary row and the function that applies it. */
export function binary(rule: BinaryRule): OperatorFunction<[a: Operand, b: Operand]> {
  const operator = elementwise(
    rule,
    (a = Number.NaN, b = Number.NaN) => rule.f(a, b),
    ({ inputs: [a, b], outputs: [y] }, [dy]) => {
      if (!(dy && a && b && y && rule.gradient)) return [];
      const [da, db] = rule.gradient(dy, a, b, y);
      return [sumTo(da, a.shape), sumTo(db, b.shape)];
    },
  );
  return Object.assign((a: Operand, b: Operand) => applySingle(operator, toTensors(rule.name, a, b), {}), {
    operator,
  });
}
