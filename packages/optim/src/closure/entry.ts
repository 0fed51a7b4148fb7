import { type OptimizerArrays, sumOfBytes } from "../arrays.js";
import type { OptionValue } from "../language/rule.js";
import { elementCount, type ParameterSpec } from "../parameter.js";
import type { EntryDescription } from "../registry.js";
import type { GivenValues } from "../values.js";
import type { ClosureMethod } from "./method.js";

/** An optimizer that evaluates the objective several times a step. */
export interface ClosureEntry extends EntryDescription {
  readonly kind: "closure";
  readonly method: ClosureMethod;
  /**
   * Of a wrapper: the same over another base.
   * @throws SteepestError `unknown-name`, and `misuse` for what cannot be wrapped
   */
  readonly over?: (base: string) => ClosureEntry;
}

/** What the registry says of a method that evaluates the objective. */
export function closureEntry(method: ClosureMethod): ClosureEntry {
  const { name, title, summary, cite, adaptive, hyper, options, presets } = method;
  const chosen = (some: Readonly<Record<string, OptionValue>> = {}) => method.choose({ options: some });
  const bytesPerSlot = Float32Array.BYTES_PER_ELEMENT;
  const arrays = (parameters: readonly ParameterSpec[], given: GivenValues = {}): OptimizerArrays => {
    const elements = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
    const state = method
      .slots(method.choose(given))
      .map((slot) => ({ name: slot, bytes: bytesPerSlot * elements }));
    return { state, inputs: [], evaluation: 0, scratch: 0 };
  };
  return {
    ...{ kind: "closure", method, adaptive, arrays },
    ...{ name, title, summary, cite, hyper, options, presets },
    stateBytesPerParameter: (some) => bytesPerSlot * method.slots(chosen(some)).length,
    stateBytes: (parameters, given) => sumOfBytes(arrays(parameters, given).state),
    latex: (some) => method.latex(chosen(some)),
    plainFormula: (some) => method.plainFormula(chosen(some)),
    choose: (given) => method.choose(given),
  };
}
