import { formatAssignments, parseAssignments } from "./assignments.js";
import { SteepestError, unknownName } from "./errors.js";
import { type OptionValue, type PresetName, presetNames } from "./language/rule.js";
import { optimizerOf } from "./registry.js";
import { baseOption } from "./wrappers/wrapper.js";

/** An optimizer by name, with what differs from its preset's or its own defaults. */
export interface OptimizerSpec {
  readonly name: string;
  readonly preset?: PresetName;
  readonly hyper: Readonly<Record<string, number>>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/**
 * Reads `adam`, `adam:lr=0.01,beta1=0.8`, `rmsprop:preset=torch,centered=true`, or a wrapper with the rule it
 * wraps and the values of both, `lookahead:base=adam,lr=0.01,syncPeriod=6`.
 * @throws SteepestError `unknown-name` for an optimizer, preset, hyper-parameter or option that is not there
 *   (with the nearest); `invalid-value` for bad syntax, a value out of range, and a hyper-parameter without
 *   effect
 */
export function parseOptimizerSpec(text: string): OptimizerSpec {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const settings = colon < 0 ? "" : text.slice(colon + 1);
  if (colon >= 0 && settings.trim() === "")
    throw new SteepestError(
      "invalid-value",
      `"${text}" has a colon but no settings after it`,
      `Write ${name} alone, or ${name}:key=value,key=value`,
    );
  const assignments = parseAssignments(settings, text);
  const base = assignments.get(baseOption);
  const entry = optimizerOf({ name, options: base === undefined ? {} : { [baseOption]: base } });
  const hyper: Record<string, number> = {};
  const options: Record<string, OptionValue> = {};
  let preset: PresetName | undefined;
  for (const [key, value] of assignments) {
    const option = Object.hasOwn(entry.options, key) ? entry.options[key] : undefined;
    if (key === "preset") preset = parsePreset(value);
    else if (option !== undefined)
      options[key] = option.values.find((candidate) => String(candidate) === value) ?? value;
    else if (Object.hasOwn(entry.hyper, key)) hyper[key] = parseNumber(text, key, value);
    else
      throw unknownName(`hyper-parameter or option of ${name}`, key, [
        ...Object.keys(entry.hyper),
        ...Object.keys(entry.options),
        "preset",
      ]);
  }
  const spec: OptimizerSpec = { name, ...(preset === undefined ? {} : { preset }), hyper, options };
  entry.choose(spec);
  return spec;
}

/** The text that {@link parseOptimizerSpec} reads as this specification. */
export const formatOptimizerSpec = ({ name, preset, hyper, options }: OptimizerSpec): string =>
  `${name}${formatAssignments([
    ...(preset === undefined ? [] : [["preset", preset] as const]),
    ...Object.entries(hyper),
    ...Object.entries(options),
  ])}`;

function parsePreset(value: string): PresetName {
  const preset = presetNames.find((name) => name === value);
  if (preset === undefined) throw unknownName("preset", value, presetNames);
  return preset;
}

/**
 * What a number looks like, `1e-3` and `.5` included; `Infinity` is one, so that its range is what refuses
 * it.
 */
const decimal = /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|Infinity)$/i;

function parseNumber(text: string, key: string, value: string): number {
  const number = decimal.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number))
    throw new SteepestError(
      "invalid-value",
      `"${text}" sets ${key} to "${value}", which is not a decimal number`,
      `Write it as in ${key}=0.01`,
    );
  return number;
}
