import type { Values } from "../../backends/backend.js";
import type { OptionValue } from "../../language/rule.js";
import type { SafetensorsTensor } from "../../safetensors/safetensors.js";
import { checkHypers } from "../checks.js";
import type { StateDictionary } from "../config.js";
import type { Arrangement } from "../memory/arrange.js";
import {
  exact,
  expectEqual,
  field,
  listed,
  metadataKey,
  mismatch,
  readDescription,
  readNumber,
} from "./description.js";

/** Counters that change from step to step. */
export interface Progress {
  stepCount: number;
  /** Gradients accumulated since the last update. */
  pending: number;
  skipped: number;
}

/**
 * Everything that is no tensor. Numbers are texts that read back to the same bits, also -0, NaN and the
 * infinities.
 */
interface Description {
  readonly rule: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly precision: string;
  readonly accumulate: string;
  readonly step: string;
  readonly pending: string;
  readonly skipped: string;
  readonly groups: readonly {
    readonly parameters: readonly string[];
    readonly hyper: Readonly<Record<string, string>>;
    readonly carried: Readonly<Record<string, string>>;
  }[];
}

function describe(optimizer: Arrangement, progress: Progress): Description {
  const { rule, options, precision, accumulate, hyperNames, groups } = optimizer;
  const named = (names: readonly string[], values: Float64Array) =>
    Object.fromEntries(names.map((name, index) => [name, exact(values[index])]));
  return {
    rule: rule.name,
    options,
    precision,
    accumulate: exact(accumulate),
    step: exact(progress.stepCount),
    pending: exact(progress.pending),
    skipped: exact(progress.skipped),
    groups: groups.map(({ parameters, base, carriedNames, update }) => ({
      parameters: parameters.map(({ name }) => name),
      hyper: named(hyperNames, base),
      carried: named(carriedNames, update.carried),
    })),
  };
}

/** A tensor of an optimizer's precision. */
export const tensorOf = (shape: readonly number[], data: Values): SafetensorsTensor =>
  data instanceof Float32Array ? { dtype: "F32", shape, data } : { dtype: "F64", shape, data };

/** A copy of the optimizer's state. */
export const saveState = (optimizer: Arrangement, progress: Progress): StateDictionary => ({
  tensors: new Map(
    optimizer.stateTensors.map(({ name, shape, view }) => [name, tensorOf(shape, view.slice())]),
  ),
  metadata: { [metadataKey]: JSON.stringify(describe(optimizer, progress)) },
});

/** Checks all of the state against the optimizer, then copies it in. */
export function loadState(optimizer: Arrangement, progress: Progress, state: StateDictionary): void {
  const found = readDescription(state);
  const expected = describe(optimizer, progress);
  for (const key of ["rule", "precision", "accumulate"] as const) {
    expectEqual(key === "accumulate" ? "gradients averaged" : key, expected[key], field(found, key));
  }
  const options = field(found, "options");
  for (const [name, value] of Object.entries(expected.options)) {
    expectEqual(`option ${name}`, value, field(options, name));
  }
  const stepCount = readCounter("step", field(found, "step"));
  const pending = readCounter("pending", field(found, "pending"));
  const skipped = readCounter("skipped", field(found, "skipped"));
  const foundGroups = field(found, "groups");
  if (!Array.isArray(foundGroups) || foundGroups.length !== expected.groups.length) {
    throw mismatch(
      "the number of parameter groups",
      String(expected.groups.length),
      Array.isArray(foundGroups) ? String(foundGroups.length) : "no list",
    );
  }
  const restored = expected.groups.map((group, index) => {
    const one: unknown = foundGroups[index];
    expectEqual(`parameters of group ${index}`, listed(group.parameters), listed(field(one, "parameters")));
    const numbers = (key: "hyper" | "carried") =>
      Object.keys(group[key]).map(
        (name) => [name, readNumber(`${key} ${name}`, field(field(one, key), name))] as const,
      );
    const hyper = numbers("hyper");
    for (const [name, value] of hyper)
      if (optimizer.structural.includes(name))
        expectEqual(`${name} of group ${index}`, Number(group.hyper[name]), value);
    checkHypers(optimizer.rule, Object.fromEntries(hyper));
    return { hyper, carried: numbers("carried") };
  });
  const tensors = optimizer.stateTensors.map(({ name, shape, view }) => {
    return { view, data: readTensor(state, name, tensorOf(shape, view)) };
  });

  for (const { view, data } of tensors) view.set(data);
  optimizer.groups.forEach(({ base, update }, index) => {
    base.set(restored[index]?.hyper.map(([, value]) => value) ?? []);
    update.carried.set(restored[index]?.carried.map(([, value]) => value) ?? []);
  });
  progress.stepCount = stepCount;
  progress.pending = pending;
  progress.skipped = skipped;
}

/**
 * The elements of the tensor that is to be like `expected`.
 * @throws SteepestError `state-mismatch` where it is absent or another's
 */
export function readTensor(
  { tensors }: StateDictionary,
  name: string,
  { shape, dtype, data }: SafetensorsTensor,
): Values {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw mismatch(`tensor "${name}"`, "in the state", "none");
  expectEqual(`shape of "${name}"`, listed(shape), listed(tensor.shape));
  if ((tensor.dtype !== "F32" && tensor.dtype !== "F64") || tensor.dtype !== dtype) {
    throw mismatch(`dtype of "${name}"`, dtype, tensor.dtype);
  }
  expectEqual(`length of "${name}"`, data.length, tensor.data.length);
  return tensor.data;
}

/** @throws SteepestError `state-mismatch` where the value is no integer >= 0 as text */
export function readCounter(what: string, value: unknown): number {
  const count = readNumber(what, value);
  if (!Number.isSafeInteger(count) || count < 0) throw mismatch(what, "an integer >= 0", String(value));
  return count;
}
