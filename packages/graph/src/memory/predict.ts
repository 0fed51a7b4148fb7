import { type OnnxType, type ReadGraph, readGraph } from "../onnx/read.js";
import type { CompiledGraph } from "../run/compile.js";
import { optimisedModel } from "../run/session.js";
import { allocatedBytes, type Buffer, planBuffers } from "./buffers.js";
import { runOrder } from "./runOrder.js";
import { typesOf } from "./types.js";

/** Bytes of memory that a run needs beside the arrays that are fed and fetched. */
export interface MemoryPrediction {
  /** The most that is alive at any moment of a run: {@link saved} and {@link workspace} together. */
  readonly peakBytes: number;
  /** Of these, what the forward pass left for the backward pass (saved activations). */
  readonly saved: number;
  /** Of these, the rest: values on the way. */
  readonly workspace: number;
  /** Constants of the graph, which a session holds between runs as well. */
  readonly constants: number;
  /** Copies of the outputs that each run of ONNX Runtime's binding leaves for the garbage collector. */
  readonly outputs: number;
  /** The node during which the most is alive, as `ONNX operator name`. */
  readonly at: string;
}

/** Which values are computed on the way to an output: the forward pass, where it is the loss. */
function valuesBefore({ nodes }: ReadGraph, output: string): ReadonlySet<string> {
  const values = new Set([output]);
  for (const node of nodes.toReversed())
    if (node.outputs.some((name) => values.has(name))) for (const name of node.inputs) values.add(name);
  return values;
}

/** Values of the forward pass that something else needs as well. */
function savedValues(graph: ReadGraph, forward: ReadonlySet<string>): ReadonlySet<string> {
  const backward = graph.nodes.filter(({ outputs }) => !outputs.some((name) => forward.has(name)));
  return new Set(backward.flatMap(({ inputs }) => inputs.filter((name) => forward.has(name))));
}

const total = (buffers: readonly Buffer[]): number => buffers.reduce((sum, { bytes }) => sum + bytes, 0);

/** The node at which the buffers alive are largest together. */
function peakOf(buffers: readonly Buffer[], nodeCount: number): number {
  const change = new Float64Array(nodeCount + 1);
  for (const { bytes, from, until } of buffers) {
    change[from] = (change[from] ?? 0) + bytes;
    change[until + 1] = (change[until + 1] ?? 0) - bytes;
  }
  let [alive, most, at] = [0, -1, 0];
  change.forEach((bytes, node) => {
    alive += bytes;
    if (alive > most) [most, at] = [alive, node];
  });
  return at;
}

/**
 * The memory of a run, by the liveness of what it computes: nothing is run. ONNX Runtime is asked for the
 * graph that its optimiser makes and the order of its nodes; which values share memory follows from its
 * planner's rules.
 *
 * @param options.loss the output that ends the forward pass; default `loss`. In a graph without it, all is
 *   workspace.
 * @throws GraphError `runtime` where a node's result has no type that is known before the run
 */
export async function predictMemory(
  compiled: CompiledGraph,
  { loss = "loss" }: { readonly loss?: string } = {},
): Promise<MemoryPrediction> {
  const graph = runOrder(readGraph(await optimisedModel(compiled)), readGraph(compiled.onnx));
  const types = typesOf(graph);
  const buffers = planBuffers(graph, types);
  const at = peakOf(buffers, graph.nodes.length);
  const alive = buffers.filter(({ from, until }) => from <= at && at <= until);
  const lossName = compiled.outputs[loss]?.onnxName;
  const kept = lossName === undefined ? new Set<string>() : savedValues(graph, valuesBefore(graph, lossName));
  const saved = total(alive.filter(({ values }) => values.some((name) => kept.has(name))));
  const bytesOf = (all: Iterable<OnnxType | undefined>) =>
    [...all].reduce((sum, type) => sum + (type === undefined ? 0 : allocatedBytes(type)), 0);
  const node = graph.nodes[at];
  return {
    peakBytes: total(alive),
    saved,
    workspace: total(alive) - saved,
    constants: bytesOf(graph.constants.values()),
    outputs: bytesOf(graph.outputs.map((name) => types.get(name))),
    at: node === undefined ? "" : `${node.opType} ${node.name}`,
  };
}
