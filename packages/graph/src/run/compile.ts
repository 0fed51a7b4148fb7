import { GraphError } from "../errors/errors.js";
import { GraphEmitter } from "../onnx/emitter.js";
import { encodeModel } from "../onnx/model.js";
import { optimise } from "../optimise/optimise.js";
import type { Tensor, TensorType } from "../tensor/tensor.js";
import { inputsByName, topologicalOrder } from "../tensor/traverse.js";

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
 * Compiles tensors, and all that they depend on, to one ONNX model.
 *
 * @param outputs the tensors to return from a run, by name; return nothing that nobody needs, every output
 *   costs a copy
 * @throws GraphError `misuse` without outputs, `invalid-value` where one name stands for two different inputs
 */
export function compile(outputs: Readonly<Record<string, Tensor>>): CompiledGraph {
  const tensors = Object.values(outputs);
  if (tensors.length === 0) {
    throw new GraphError("misuse", "compile: no outputs given", "Pass at least one tensor, as { loss }");
  }
  const emitter = new GraphEmitter();
  // Also inputs that optimisation finds not to matter stay inputs of the model.
  for (const [name, tensor] of inputsByName(topologicalOrder(tensors))) emitter.input(name, tensor);
  const optimised = optimise(outputs);
  for (const source of topologicalOrder(Object.values(optimised))) emitter.source(source);
  const graph = emitter.finish(optimised);
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
