import type { ReadGraph, ReadNode } from "../onnx/read.js";

/**
 * The nodes of the graph that ONNX Runtime's optimiser made of a given one, in the order in which they run:
 * that of its file, unless it found nothing to change and wrote the given file.
 */
export function runOrder(optimised: ReadGraph, given: ReadGraph): ReadGraph {
  const names = (graph: ReadGraph) => graph.nodes.map(({ name }) => name).join();
  return names(optimised) === names(given) ? { ...optimised, nodes: byDepth(given.nodes) } : optimised;
}

/**
 * Nodes as ONNX Runtime orders those of a file: from each node whose results no other needs, the last one
 * first, down to what it needs, the last one in the file first; each node after all of these.
 */
function byDepth(nodes: readonly ReadNode[]): readonly ReadNode[] {
  const producer = new Map(nodes.flatMap((node, i) => node.outputs.map((name) => [name, i] as const)));
  const needed = nodes.map(({ inputs }) => new Set(inputs.flatMap((name) => producer.get(name) ?? [])));
  const inside = new Set(needed.flatMap((places) => [...places]));
  const order: ReadNode[] = [];
  const seen = new Set<number>();
  const stack = [...nodes.keys()].filter((i) => !inside.has(i)).map((i) => ({ i, left: false }));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { i, left } = entry;
    const node = nodes[i];
    if (left && node !== undefined) order.push(node);
    if (left || seen.has(i)) continue;
    seen.add(i);
    stack.push({ i, left: true });
    for (const before of [...(needed[i] ?? [])].sort((a, b) => a - b)) stack.push({ i: before, left: false });
  }
  return order;
}
