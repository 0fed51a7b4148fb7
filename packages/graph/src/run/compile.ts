import { GraphError } from "../errors/errors.js";
import { GraphEmitter } from "../onnx/emitter.js";
import { encodeModel, type OnnxGraph } from "../onnx/model.js";
import { optimise } from "../optimise/optimise.js";
import type { Tensor, TensorType } from "../tensor/tensor.js";
import { inputsByName, topologicalOrder } from "../tensor/traverse.js";
import { pair, type TensorArray } from "./arrays.js";

/** An input or output of a compiled graph: its type, and its name inside the ONNX model (a C identifier). */
export interface CompiledValue extends TensorType {
  readonly onnxName: string;
}

/** A graph as an ONNX model, with what is needed to run it. */
export interface CompiledGraph {
  /** The model: a serialized ONNX `ModelProto`. */
  readonly onnx: Uint8Array;
  readonly inputs: Readonly<Record<string, CompiledValue>>;
  readonly outputs: Readonly<Record<string, CompiledValue>>;
  /** Number of ONNX nodes in the model. */
  readonly nodeCount: number;
}

/**
 * The optimised graph of tensors, and of all that they depend on, in ONNX's operators.
 *
 * @param weights inputs whose values become part of the graph
 * @param portable whether only ONNX's own operators may be used
 * @throws GraphError `misuse` without outputs, `invalid-value` where one name stands for two different inputs,
 *   `unknown-name`, `dtype-mismatch` or `shape-mismatch` for weights that do not fit
 */
export function onnxGraph(
  outputs: Readonly<Record<string, Tensor>>,
  weights: Readonly<Record<string, TensorArray>> = {},
  portable = false,
): OnnxGraph {
  const tensors = Object.values(outputs);
  if (tensors.length === 0) {
    throw new GraphError("misuse", "compile: no outputs given", "Pass at least one tensor, as { loss }");
  }
  const emitter = new GraphEmitter(portable);
  const inputs = inputsByName(topologicalOrder(tensors));
  const fixed = new Map(
    pair("input", Object.fromEntries(inputs), weights).map(({ name, array }) => [name, array]),
  );
  // Also inputs that optimisation finds not to matter stay inputs of the model.
  for (const [name, tensor] of inputs) {
    const array = fixed.get(name);
    if (array === undefined) emitter.input(name, tensor);
    else emitter.weight(name, tensor, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  const optimised = optimise(outputs);
  for (const source of topologicalOrder(Object.values(optimised))) emitter.source(source);
  return emitter.finish(optimised);
}

/**
 * Compiles tensors, and all that they depend on, to one ONNX model.
 *
 * @param outputs the tensors to return from a run, by name; return nothing that nobody needs, every output
 *   costs a copy
 * @throws GraphError `misuse` without outputs, `invalid-value` where one name stands for two different inputs
 */
export function compile(outputs: Readonly<Record<string, Tensor>>): CompiledGraph {
  const graph = onnxGraph(outputs);
  const describe = (values: typeof graph.inputs) =>
    Object.fromEntries(
      values.map(({ title, name, shape, dtype }) => [title, { onnxName: name, shape, dtype }]),
    );
  return {
    onnx: encodeModel(graph),
    inputs: describe(graph.inputs),
    outputs: describe(graph.outputs),
    nodeCount: graph.nodes.length,
  };
}
