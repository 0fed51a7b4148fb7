import { evaluateOperation } from "../run/evaluate.js";
import { elementCount } from "../tensor/shape.js";
import { constant, firstOutside } from "../tensor/tensor.js";
import type { RewriteRule } from "./rewrite.js";

/** Results larger than this stay to be computed: they would make the model larger than the work is worth. */
const foldableElements = 4096;

/** Computes operations on constants now, in float64. */
export const foldConstants: RewriteRule = (operation) => {
  const inputs = operation.inputs.flatMap(({ source, shape, dtype }) =>
    source.kind === "constant" ? [{ shape, dtype, data: source.data }] : [],
  );
  const size = operation.outputs.reduce((total, { shape }) => total + elementCount(shape), 0);
  if (inputs.length < operation.inputs.length || size > foldableElements) return undefined;
  return evaluateOperation(operation, inputs).map(({ data, shape, dtype }) =>
    // Integers beyond those that float64 holds exactly are left to ONNX Runtime.
    firstOutside(data, dtype) === undefined ? constant(data, shape, dtype) : undefined,
  );
};

/**
 * Tensors without elements are constants, whatever makes them: not every operator of ONNX Runtime takes an
 * extent 0.
 */
export const foldEmpty: RewriteRule = ({ outputs }) =>
  outputs.every(({ shape }) => elementCount(shape) === 0)
    ? outputs.map(({ shape, dtype }) => constant([], shape, dtype))
    : undefined;
