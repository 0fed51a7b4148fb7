import { SteepestError, unknownName } from "./errors.js";
import type { ArgumentMapping, ArgumentValue, OptionValue, PresetName } from "./language/rule.js";
import { optimizerOf } from "./registry.js";
import type { OptimizerSpec } from "./spec.js";
import { findPreset, type GivenValues } from "./values.js";

/**
 * Our specification of an original's call, e.g. torch's `Adam(lr=1e-3, betas=(0.9, 0.99))` =
 * `fromOriginal("adam", "torch", { lr: 1e-3, betas: [0.9, 0.99] })`. Python's None is `null`. Of a wrapper
 * the arguments are its base's, and `ours` adds in our words what the original's call does not say:
 * `fromOriginal("lookahead", "torch", { lr: 0.1 }, { options: { base: "sgd" } })`.
 * @throws SteepestError `unknown-name` for an argument the original's form of this rule does not have,
 *   `invalid-value` for one that our rule cannot honour, and for a value of ours that the original's call has
 *   set
 */
export function fromOriginal(
  name: string,
  preset: PresetName,
  originalArguments: Readonly<Record<string, ArgumentValue>>,
  ours: Pick<GivenValues, "hyper" | "options"> = {},
): OptimizerSpec {
  const entry = optimizerOf({ name, options: ours.options ?? {} });
  const mappings = findPreset(entry, preset).arguments;
  const hyper: Record<string, number> = {};
  const options: Record<string, OptionValue> = {};
  for (const [argument, value] of Object.entries(originalArguments)) {
    const mapping = Object.hasOwn(mappings, argument) ? mappings[argument] : undefined;
    if (mapping === undefined)
      throw unknownName(`argument of ${preset}'s ${name}`, argument, Object.keys(mappings));
    const call = `${preset}'s ${name}: ${argument}=${JSON.stringify(value)}`;
    for (const [target, setting] of settingsOf(call, mapping, value)) {
      if (Object.hasOwn(entry.options, target) && typeof setting !== "number") options[target] = setting;
      else if (Object.hasOwn(entry.hyper, target) && typeof setting === "number") hyper[target] = setting;
      else throw refused(call, typeof setting === "number" ? "Give a truth value or text" : "Give a number");
    }
  }
  const twice = Object.keys({ ...ours.hyper, ...ours.options }).find(
    (one) => Object.hasOwn(hyper, one) || Object.hasOwn(options, one),
  );
  if (twice !== undefined) throw refused(`${preset}'s ${name} with ${twice} given once more`, "Give it once");
  const spec: OptimizerSpec = {
    ...{ name, preset },
    hyper: { ...hyper, ...ours.hyper },
    options: { ...options, ...ours.options },
  };
  entry.choose(spec);
  return spec;
}

type Setting = readonly [name: string, value: number | OptionValue];

/** What one argument sets; `call` is how the message shows it. */
function settingsOf(call: string, mapping: ArgumentMapping, value: ArgumentValue): readonly Setting[] {
  if (typeof mapping === "string") return [[mapping, scalar(call, value)]];
  if ("tuple" in mapping) {
    if (typeof value !== "object" || value?.length !== mapping.tuple.length)
      throw refused(call, `Give ${mapping.tuple.length} numbers`);
    return mapping.tuple.map((name, index) => [name, scalar(call, value[index])]);
  }
  if ("each" in mapping) return mapping.each.map((name) => [name, scalar(call, value)]);
  if ("enables" in mapping)
    return value === 0 || value === null
      ? []
      : [[mapping.name, scalar(call, value)], ...Object.entries(mapping.enables)];
  if ("unlimited" in mapping)
    return [[mapping.name, value === Number.POSITIVE_INFINITY ? mapping.unlimited : scalar(call, value)]];
  if ("values" in mapping) {
    const settings = Object.entries(mapping.values).find(([accepted]) => accepted === String(value))?.[1];
    if (settings === undefined) throw refused(call, `Give one of ${Object.keys(mapping.values).join(", ")}`);
    return Object.entries(settings);
  }
  if (value !== mapping.only) throw refused(call, mapping.otherwise);
  return [];
}

function scalar(call: string, value: ArgumentValue | undefined): number | OptionValue {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  throw refused(call, "Give one number, text or truth value");
}

const refused = (call: string, fix: string): SteepestError =>
  new SteepestError("invalid-value", `${call} cannot be honoured`, fix);
