import { broadcastShapes, mapBroadcast } from "../broadcast.js";
import type { NoAttributes, Operator } from "../operator.js";
import { applySingle, type Operand, type Tensor, toTensors } from "../tensor.js";
import { sumTo } from "./sumTo.js";

/** a + b, element by element. */
export const addOperator: Operator<NoAttributes> = {
  name: "add",
  infer: (inputs) => [{ shape: broadcastShapes("add", inputs), dtype: inputs[0]?.dtype ?? "float32" }],
  gradient: ({ inputs }, [dy]) => inputs.map((x) => dy && sumTo(dy, x.shape)),
  toOnnx: (emitter, inputs) => [emitter.node("Add", inputs)],
  evaluate: (inputs, { outputs: [y] }) => [mapBroadcast(inputs, y?.shape ?? [], (a = 0, b = 0) => a + b)],
};

/**
 * a + b, element by element, broadcast.
 *
 * @throws GraphError `shape-mismatch` where the shapes do not broadcast, `dtype-mismatch` where element types differ
 */
export function add(a: Operand, b: Operand): Tensor {
  return applySingle(addOperator, toTensors("add", a, b), {});
}
