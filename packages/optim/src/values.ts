import { SteepestError, unknownName } from "./errors.js";
import type { Expression } from "./language/expression.js";
import { checkHyper } from "./language/hyper.js";
import type {
  HyperSpec,
  OptionSpec,
  OptionValue,
  Preset,
  PresetName,
  Rule,
  RuleBody,
  RuleDescription,
} from "./language/rule.js";
import { children } from "./language/traverse.js";

/** What an optimizer lets its user choose. */
export interface Choices {
  readonly name: string;
  readonly hyper: Readonly<Record<string, HyperSpec>>;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly presets: Readonly<Partial<Record<PresetName, Preset>>>;
}

/** What a user gave; the rest comes from the preset, then from the defaults. */
export interface GivenValues {
  readonly preset?: PresetName;
  readonly hyper?: Readonly<Record<string, number>>;
  readonly options?: Readonly<Record<string, OptionValue>>;
}

/** A value for every hyper-parameter and every option. */
export interface ChosenValues {
  readonly hyper: Readonly<Record<string, number>>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/**
 * The value of every hyper-parameter and option: what was given, else the preset's, else the default.
 * @throws SteepestError `unknown-name` for a preset, hyper-parameter or option it does not have (with the
 *   nearest); `invalid-value` for a hyper-parameter out of its range and an option value that is none of the
 *   listed
 */
export function chooseValues(choices: Choices, given: GivenValues): ChosenValues {
  const preset = given.preset === undefined ? {} : findPreset(choices, given.preset).values;
  const names = [...Object.keys(choices.hyper), ...Object.keys(choices.options)];
  for (const name of [...Object.keys(given.hyper ?? {}), ...Object.keys(given.options ?? {})])
    if (!names.includes(name)) throw unknownName(`hyper-parameter or option of ${choices.name}`, name, names);
  const hyper = Object.entries(choices.hyper).map(([name, spec]) => {
    const value = given.hyper?.[name] ?? preset[name] ?? spec.default;
    if (typeof value !== "number" || given.options?.[name] !== undefined)
      throw new SteepestError(
        "invalid-value",
        `${choices.name}: the hyper-parameter ${name} is given as ${given.options?.[name] ?? value}`,
        "Give a number",
      );
    checkHyper(choices.name, name, spec, value);
    return [name, value] as const;
  });
  const options = Object.entries(choices.options).map(([name, spec]) => {
    const value = given.options?.[name] ?? given.hyper?.[name] ?? preset[name] ?? spec.default;
    if (typeof value === "number" || !spec.values.includes(value))
      throw new SteepestError(
        "invalid-value",
        `${choices.name}: the option ${name} is ${value}`,
        `Choose one of ${spec.values.join(", ")} (${spec.description})`,
      );
    return [name, value] as const;
  });
  return { hyper: Object.fromEntries(hyper), options: Object.fromEntries(options) };
}

/**
 * The preset of this name.
 * @throws SteepestError `unknown-name`, with the presets there are
 */
export function findPreset(choices: Choices, name: PresetName): Preset {
  const preset = choices.presets[name];
  if (preset === undefined)
    throw unknownName(`preset of ${choices.name}`, name, Object.keys(choices.presets));
  return preset;
}

/**
 * The values of a rule and its body under them.
 * @throws SteepestError as {@link chooseValues}; and `invalid-value` for a hyper-parameter that was given but
 *   has no effect under the chosen options, so that no setting is ignored in silence
 */
export function chooseBody(rule: Rule, given: GivenValues): ChosenValues & { readonly body: RuleBody } {
  const chosen = chooseValues(rule, given);
  refuseConflict(rule, chosen);
  const body = rule.body(chosen.options);
  const used = usedVariables(body);
  refuseIdle(rule, given, chosen, (name) => !used.has(name));
  return { ...chosen, body };
}

/** @throws SteepestError `invalid-value` where the values do not fit together */
export function refuseConflict(
  rule: { readonly name: string; readonly conflict?: RuleDescription["conflict"] },
  { hyper, options }: ChosenValues,
): void {
  const conflict = rule.conflict?.(hyper, options);
  if (conflict === undefined) return;
  throw new SteepestError("invalid-value", `${rule.name}: expected ${conflict}`, "Change one of the two");
}

/**
 * @throws SteepestError `invalid-value` for a hyper-parameter that was given but has no effect under the
 * chosen options
 */
export function refuseIdle(
  rule: Choices,
  given: GivenValues,
  chosen: ChosenValues,
  isIdle: (name: string) => boolean,
): void {
  const idle = Object.keys(given.hyper ?? {}).find((name) => Object.hasOwn(rule.hyper, name) && isIdle(name));
  if (idle === undefined) return;
  throw new SteepestError(
    "invalid-value",
    `${rule.name}: ${idle} (${rule.hyper[idle]?.description}) has no effect with ${Object.entries(
      chosen.options,
    )
      .map(([name, value]) => `${name}=${value}`)
      .join(", ")}`,
    `Leave ${idle} out, or choose other options: ${Object.entries(rule.options)
      .map(([name, { values }]) => `${name}=${values.join("|")}`)
      .join(", ")}`,
  );
}

function usedVariables(body: RuleBody): ReadonlySet<string> {
  const used = new Set<string>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "variable") used.add(expression.name);
    for (const child of children(expression)) visit(child);
  };
  for (const initial of [body.state, body.carried, body.carriedPerParameter ?? {}, body.begin ?? {}].flatMap(
    (part) => Object.values(part),
  ))
    visit(initial);
  if (body.evaluation !== undefined) visit(body.evaluation);
  for (const { when, scalars, assign, reduce, carry } of body.phases) {
    for (const expression of [scalars, assign, carry].flatMap((part) => Object.values(part)))
      visit(expression);
    for (const { sum } of Object.values(reduce)) visit(sum);
    if (when !== undefined) visit(when);
  }
  return used;
}
