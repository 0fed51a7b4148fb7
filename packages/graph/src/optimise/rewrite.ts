import type { AttributeValue, Operator } from "../tensor/operator.js";
import { sameShape } from "../tensor/shape.js";
import { apply, type Operation, type Source, type Tensor } from "../tensor/tensor.js";
import { topologicalOrder } from "../tensor/traverse.js";

/**
 * A way to write an operation more cheaply: tensors that stand for its outputs (undefined in place of an
 * output that has no cheaper form), or undefined where the rule does not apply.
 */
export type RewriteRule = (operation: Operation, usage: Usage) => readonly (Tensor | undefined)[] | undefined;

/** Who uses what, before the rewriting. */
export interface Usage {
  /** How many operations and outputs of the whole graph use the tensor. */
  uses(tensor: Tensor): number;
}

/** Constants up to this many elements are compared with each other. */
const comparableElements = 4096;

/**
 * Names vertices by their content, so that equal ones share one name: the heart of common-subexpression
 * elimination.
 */
class ValueNumbering {
  readonly #known = new Map<string, Source>();
  readonly #numbers = new Map<object, number>();

  /** The first vertex with the same content: this one, where it is new. */
  canonical(source: Source): Source {
    const key = this.#key(source);
    const known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, source);
    return known ?? source;
  }

  #number(key: object): number {
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }

  #key(source: Source): string {
    if (source.kind === "input") return `input ${source.name}`;
    if (source.kind === "constant") {
      const [tensor] = source.outputs;
      const type = `${tensor?.dtype}[${tensor?.shape.join()}]`;
      const [first = 0] = source.data;
      const content =
        // Object.is tells -0 from 0, whose reciprocals differ.
        source.data.every((value) => Object.is(value, first))
          ? `all ${Object.is(first, -0) ? "-0" : first}`
          : source.data.length <= comparableElements && !source.data.some((value) => Object.is(value, -0))
            ? source.data.join()
            : `#${this.#number(source)}`;
      return `constant ${type} ${content}`;
    }
    const inputs = source.inputs.map((x) => `${this.#number(x.source)}.${x.index}`).join();
    const attributes = Object.entries(source.attributes).map(
      ([name, value]) => `${name}=${contentOf(value)}`,
    );
    return `${this.#number(source.operator)}(${inputs})${attributes.sort().join(";")}`;
  }
}

/**
 * An attribute's value as text that no other value shares; JSON would write -0 as 0, and infinities and NaN
 * as null.
 */
function contentOf(value: AttributeValue): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return typeof value === "object" ? `[${value.map(contentOf).join()}]` : JSON.stringify(value);
}

function countUses(outputs: readonly Tensor[], order: readonly Source[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const count = (tensor: Tensor) => uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  outputs.forEach(count);
  for (const source of order) if (source.kind === "operation") source.inputs.forEach(count);
  return uses;
}

/** Whether a tensor may stand for another. */
function sameType(a: Tensor, b: Tensor): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/**
 * One pass over the graph from the inputs to the outputs: equal vertices become one, and each operation is
 * offered to the rules in order; the first that applies replaces it.
 *
 * @returns the outputs' stand-ins, in order, and whether anything but sharing changed
 */
export function rewrite(
  outputs: readonly Tensor[],
  rules: readonly RewriteRule[],
): { readonly outputs: readonly Tensor[]; readonly changed: boolean } {
  const order = topologicalOrder(outputs);
  const uses = countUses(outputs, order);
  const numbering = new ValueNumbering();
  const standIn = new Map<Tensor, Tensor>();
  /** Uses are counted on the tensors of before; a rule sees the stand-ins. */
  const usesOfStandIn = new Map<Tensor, number>();
  const usage: Usage = { uses: (tensor) => usesOfStandIn.get(tensor) ?? 1 };
  const replace = (from: Tensor, to: Tensor) => {
    standIn.set(from, to);
    usesOfStandIn.set(to, (usesOfStandIn.get(to) ?? 0) + (uses.get(from) ?? 0));
  };
  const replacement = (tensor: Tensor) => standIn.get(tensor) ?? tensor;
  let changed = false;

  for (const source of order) {
    if (source.kind !== "operation") {
      const canonical = numbering.canonical(source);
      source.outputs.forEach((tensor, i) => {
        replace(tensor, canonical.outputs[i] ?? tensor);
      });
      continue;
    }
    const inputs = source.inputs.map(replacement);
    const moved = inputs.some((x, i) => x !== source.inputs[i])
      ? reapply(source.operator, inputs, source)
      : source;
    const canonical = numbering.canonical(moved);
    const isNew = canonical === moved && canonical.kind === "operation";
    const cheaper = isNew ? firstResult(rules, canonical, usage) : undefined;
    source.outputs.forEach((tensor, i) => {
      const candidate = cheaper?.[i];
      const valid = candidate !== undefined && sameType(candidate, tensor);
      if (valid) changed = true;
      replace(tensor, (valid ? candidate : canonical.outputs[i]) ?? tensor);
    });
  }
  return { outputs: outputs.map(replacement), changed };
}

function firstResult(
  rules: readonly RewriteRule[],
  operation: Operation,
  usage: Usage,
): readonly (Tensor | undefined)[] | undefined {
  for (const rule of rules) {
    const result = rule(operation, usage);
    if (result !== undefined) return result;
  }
  return undefined;
}

function reapply(operator: Operator, inputs: readonly Tensor[], operation: Operation): Source {
  const [first] = apply(operator, inputs, operation.attributes);
  return first?.source ?? operation;
}
