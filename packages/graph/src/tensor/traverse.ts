import { GraphError } from "../errors/errors.js";
import { nearestName } from "../errors/names.js";
import { sameShape } from "./shape.js";
import type { Source, Tensor } from "./tensor.js";

/**
 * All vertices that the tensors depend on, each once and after everything that it depends on.
 * Walks with a stack of its own: graphs of deep networks would overflow the call stack.
 *
 * @param known tensors that count as given: what only they depend on is left out
 */
export function topologicalOrder(
  tensors: readonly Tensor[],
  known: ReadonlySet<Tensor> = new Set(),
): Source[] {
  const order: Source[] = [];
  const state = new Map<Source, "open" | "done">();
  const stack = tensors.map((tensor) => tensor.source).reverse();
  for (let source = stack.at(-1); source !== undefined; source = stack.at(-1)) {
    if (state.has(source) || source.kind !== "operation") {
      stack.pop();
      if (state.get(source) !== "done") order.push(source);
      state.set(source, "done");
      continue;
    }
    state.set(source, "open");
    for (const input of source.inputs.toReversed()) {
      if (!state.has(input.source) && !known.has(input)) stack.push(input.source);
    }
  }
  return order;
}

/** Of vertices in topological order, those that depend on one of the tensors. */
export function sourcesBetween(order: readonly Source[], wrt: ReadonlySet<Tensor>): Set<Source> {
  const between = new Set<Source>();
  for (const source of order) {
    if (source.kind !== "operation") continue;
    if (source.inputs.some((x) => wrt.has(x) || between.has(x.source))) between.add(source);
  }
  return between;
}

/**
 * The inputs among the vertices, by name.
 *
 * @throws GraphError `invalid-value` where one name stands for two types
 */
export function inputsByName(order: readonly Source[]): Map<string, Tensor> {
  const inputs = new Map<string, Tensor>();
  for (const source of order) {
    const [tensor] = source.outputs;
    if (source.kind !== "input" || tensor === undefined) continue;
    const other = inputs.get(source.name);
    if (other !== undefined && !(sameShape(other.shape, tensor.shape) && other.dtype === tensor.dtype)) {
      throw new GraphError(
        "invalid-value",
        `input "${source.name}" is declared twice: ${other.dtype} [${other.shape.join(", ")}] and ${tensor.dtype} [${tensor.shape.join(", ")}]`,
        "Give every input its own name, or use one tensor in both places",
      );
    }
    if (other === undefined) inputs.set(source.name, tensor);
  }
  return inputs;
}

/** The error for a name that is not among those known. */
export function unknownName(kind: string, name: string, known: readonly string[]): GraphError {
  const nearest = nearestName(name, known);
  return new GraphError(
    "unknown-name",
    `unknown ${kind} "${name}"`,
    `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}Known: ${known.join(", ") || "none"}`,
  );
}
