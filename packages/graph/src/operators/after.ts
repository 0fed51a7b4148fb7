import { onnxDataType } from "../onnx/dataType.js";
import type { NoAttributes, Operator } from "../tensor/operator.js";
import { elementCount } from "../tensor/shape.js";
import { applySingle, type Tensor } from "../tensor/tensor.js";

/** Gives its first input as it is, and needs the second to do so. */
export const afterOperator: Operator<NoAttributes> = {
  name: "after",
  infer: ([x]) => (x ? [x] : []),
  gradient: (_, [dy]) => [dy],
  // Whatever is asked of an element that is only known at the run, the answer is x: nothing can be computed
  // before, and no optimisation can know. A product with 1 is the same bits, and may be written in place.
  toOnnx: (emitter, [x = "", first = ""], { inputs: [type, dependency] }) => {
    const integers = (...values: number[]) => emitter.constant(values, [values.length], "int64");
    const flat = emitter.node("Reshape", [first, integers(-1)]);
    const element = emitter.node("Slice", [flat, integers(0), integers(1)]);
    const number =
      dependency?.dtype === "float32"
        ? element
        : emitter.node("Cast", [element], { attributes: { to: { int: onnxDataType.float32 } } });
    const condition = emitter.node("Reshape", [
      emitter.node("IsNaN", [number]),
      emitter.constant([], [0], "int64"),
    ]);
    if (type?.dtype !== "float32") return [emitter.node("Where", [condition, x, x])];
    const one = emitter.constant([1], [], "float32");
    return [emitter.node("Mul", [x, emitter.node("Where", [condition, one, one])])];
  },
  evaluate: ([x]) => (x ? [x.data.slice()] : []),
};

/**
 * x as it is, computed no sooner than `first`: to hold back work whose result would only lie in memory. What
 * follows from it is never taken for the same computation on x itself, so that it is computed a second time.
 *
 * @param first any tensor; of one without elements, or a constant, there is nothing to wait for
 */
export function after(x: Tensor, first: Tensor): Tensor {
  const isKnown = elementCount(first.shape) === 0 || first.source.kind === "constant";
  return isKnown ? x : applySingle(afterOperator, [x, first], {});
}
