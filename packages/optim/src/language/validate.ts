import { nearestName, SteepestError, unknownName } from "../errors.js";
import type { Expression } from "./expression.js";
import { checkHyper } from "./hyper.js";
import type { OptionValue, Phase, Rule, RuleBody, RuleDescription } from "./rule.js";
import { children } from "./traverse.js";

/** Every choice of a rule's options. */
export function optionChoices(
  rule: Pick<RuleDescription, "options">,
): readonly Readonly<Record<string, OptionValue>>[] {
  return Object.entries(rule.options).reduce<readonly Readonly<Record<string, OptionValue>>[]>(
    (choices, [name, { values }]) =>
      choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value }))),
    [{}],
  );
}

/**
 * Checks a rule as a whole: ranges of defaults, names of presets, and its body under every choice of options.
 *
 * @throws SteepestError that names the rule, the formula and the nearest valid name.
 */
export function checkRule(rule: Rule): void {
  checkDescription(rule);
  for (const options of optionChoices(rule)) checkBody(rule, rule.body(options));
}

/** Checks what a rule lets its user choose. @throws SteepestError as {@link checkRule} */
export function checkDescription(rule: RuleDescription): void {
  for (const [name, spec] of Object.entries(rule.hyper)) {
    checkHyper(rule.name, name, spec, spec.default);
    if (Object.hasOwn(rule.options, name)) throw declaredTwice(rule.name, name);
  }
  for (const [name, { default: chosen, values }] of Object.entries(rule.options)) {
    if (!values.includes(chosen)) {
      throw new SteepestError(
        "invalid-value",
        `${rule.name}: the default ${String(chosen)} of option ${name} is not among its values ${values.join(", ")}`,
        "Add it to the values or choose another default",
      );
    }
  }
  for (const [preset, { values }] of Object.entries(rule.presets)) {
    for (const [name, value] of Object.entries(values)) checkPresetValue(rule, preset, name, value);
  }
}

function checkPresetValue(
  rule: RuleDescription,
  preset: string,
  name: string,
  value: number | OptionValue,
): void {
  const spec = rule.hyper[name];
  if (spec !== undefined) {
    if (typeof value === "number") {
      checkHyper(rule.name, name, spec, value);
      return;
    }
  } else if (rule.options[name] === undefined) {
    throw unknownName(`name in preset ${preset} of ${rule.name}`, name, [
      ...Object.keys(rule.hyper),
      ...Object.keys(rule.options),
    ]);
  } else if (typeof value !== "number" && rule.options[name].values.includes(value)) {
    return;
  }
  throw new SteepestError(
    "invalid-value",
    `${rule.name}: preset ${preset} sets ${name} to ${String(value)}, which is not a value of it`,
    "Give a number to a hyper-parameter and one of its values to an option",
  );
}

/** The error for a name that would mean two things. */
export const declaredTwice = (rule: string, name: string) =>
  new SteepestError("misuse", `${rule}: "${name}" is declared twice`, "Rename one of the two");

/** Reserved variables: the parameter, its gradient, the step from 1. */
const reserved = { element: ["x", "g"], scalar: ["k"] } as const;

/** @throws SteepestError where the body uses, assigns or declares a name that it must not. */
export function checkBody(rule: Pick<Rule, "name" | "hyper">, body: RuleBody): void {
  const element = new Set<string>(reserved.element);
  const scalar = new Set<string>(reserved.scalar);
  // Scalars with one value a parameter; the rest have one value a group.
  const perParameter = new Set<string>();

  const declare = (name: string, names: Set<string>) => {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) {
      throw new SteepestError(
        "invalid-value",
        `${rule.name}: "${name}" cannot name a variable`,
        "Use a letter followed by letters and digits",
      );
    }
    if (element.has(name) || scalar.has(name)) throw declaredTwice(rule.name, name);
    names.add(name);
  };
  const check = (expression: Expression, where: string, allowed: readonly ReadonlySet<string>[]): void => {
    if (expression.kind === "variable" && !allowed.some((names) => names.has(expression.name))) {
      throw undeclared(rule.name, where, expression.name, element, allowed);
    }
    for (const child of children(expression)) check(child, where, allowed);
  };
  const usesParameterValue = (expression: Expression): boolean =>
    (expression.kind === "variable" && perParameter.has(expression.name)) ||
    children(expression).some(usesParameterValue);

  for (const name of Object.keys(rule.hyper)) declare(name, scalar);
  const hyper = new Set(Object.keys(rule.hyper));
  for (const [name, initial] of Object.entries({
    ...body.state,
    ...body.carried,
    ...body.carriedPerParameter,
  })) {
    check(initial, `initial value of ${name}`, [hyper]);
  }
  for (const name of Object.keys(body.state)) declare(name, element);
  const carriedPerParameter = Object.keys(body.carriedPerParameter ?? {});
  const carried = [...Object.keys(body.carried), ...carriedPerParameter];
  for (const name of carried) declare(name, scalar);
  for (const name of carriedPerParameter) perParameter.add(name);
  const evaluable = new Set(["x", "k", ...hyper, ...Object.keys(body.state), ...carried]);
  if (body.evaluation !== undefined) check(body.evaluation, "evaluation", [evaluable]);
  for (const name of body.inputs ?? []) declare(name, element);
  for (const [name, expression] of Object.entries(body.begin ?? {})) {
    if (!Object.hasOwn(body.state, name)) {
      throw unknownName(`slot in ${rule.name}, begin:`, name, Object.keys(body.state));
    }
    check(expression, `begin of ${name}`, [new Set(reserved.element), hyper]);
  }
  if (body.phases.length === 0) {
    throw new SteepestError("misuse", `${rule.name} has no phase, so it does nothing`, "Give it an update");
  }
  body.phases.forEach((phase: Phase, index) => {
    const where = (part: string) => (body.phases.length > 1 ? `phase ${index + 1}, ${part}` : part);
    for (const [name, expression] of Object.entries(phase.scalars)) {
      check(expression, where(`scalar ${name}`), [scalar]);
      declare(name, scalar);
      if (usesParameterValue(expression)) perParameter.add(name);
    }
    if (phase.when !== undefined) {
      check(phase.when, where("when"), [scalar]);
      if (usesParameterValue(phase.when)) throw oneValueOnly(rule.name, where("when"));
    }
    const assignable = ["x", ...Object.keys(body.state)];
    for (const [name, expression] of Object.entries(phase.assign)) {
      if (!assignable.includes(name)) {
        throw unknownName(`slot in ${rule.name}, ${where("update")}:`, name, assignable);
      }
      check(expression, where(`update of ${name}`), [element, scalar]);
    }
    for (const [name, { sum }] of Object.entries(phase.reduce))
      check(sum, where(`sum ${name}`), [element, scalar]);
    for (const [name, { over }] of Object.entries(phase.reduce)) {
      declare(name, scalar);
      if (over === "parameter") perParameter.add(name);
    }
    for (const [name, expression] of Object.entries(phase.carry)) {
      if (!carried.includes(name)) {
        throw unknownName(`carried scalar in ${rule.name}, ${where("carry")}:`, name, carried);
      }
      check(expression, where(`carry of ${name}`), [scalar]);
      if (Object.hasOwn(body.carried, name) && usesParameterValue(expression))
        throw oneValueOnly(rule.name, where(`carry of ${name}`));
    }
  });
}

const oneValueOnly = (rule: string, where: string) =>
  new SteepestError(
    "misuse",
    `${rule}: ${where} depends on a sum over a parameter or on what is carried for one, but a group has one value`,
    'Reduce over: "group", or carry it per parameter',
  );

function undeclared(
  rule: string,
  where: string,
  name: string,
  element: ReadonlySet<string>,
  allowed: readonly ReadonlySet<string>[],
): SteepestError {
  if (element.has(name) && !allowed.some((names) => names.has("x"))) {
    return new SteepestError(
      "misuse",
      `${rule}: ${where} uses ${name}, which has one value an element`,
      "A scalar may use hyper-parameters, k, carried scalars and sums of earlier phases; move this to update or to reduce",
    );
  }
  const known = allowed.flatMap((names) => [...names]);
  const nearest = nearestName(name, known);
  return new SteepestError(
    "unknown-name",
    `${rule}: ${where} uses "${name}", which is not declared`,
    `${nearest === undefined ? "" : `Did you mean "${nearest}"? `}Declared: ${known.join(", ")}`,
  );
}
