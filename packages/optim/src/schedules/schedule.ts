import { SteepestError, unknownName } from "../errors.js";
import { type NumberRange, ranges } from "../language/range.js";

/**
 * A learning-rate schedule: a pure function of the step k = 1, 2, 3, ... whose value multiplies the base
 * learning rate.
 *
 * The formulas are written with t = k − 1, the number of updates already made, which is optax's `count` and
 * torch's `last_epoch`: the first update uses the value at t = 0.
 */
export type Schedule = (step: number) => number;

/** What values a parameter of a schedule may take. */
export type ScheduleParameterKind =
  /** An integer >= 1. */
  | "count"
  /** An integer >= 0. */
  | "wholeNumber"
  /** 0 <= value <= 1. */
  | "fraction"
  /** Finite and > 0. */
  | "positive"
  /** Finite and >= 0. */
  | "factor";

/** One parameter of a schedule; without a default it must be given. */
export interface ScheduleParameter {
  readonly kind: ScheduleParameterKind;
  readonly default?: number;
  readonly description: string;
}

/** A kind of schedule: what the textual form, the command line and the documentation need to know of it. */
export interface ScheduleDefinition {
  readonly name: string;
  /** One line: what it does and whose form it is. */
  readonly summary: string;
  /** The factor as LaTeX, with t = k − 1. */
  readonly formula: string;
  readonly parameters: Readonly<Record<string, ScheduleParameter>>;
  /**
   * The schedule with the given parameters, defaults filled in.
   * @throws SteepestError `unknown-name` for a parameter it does not have, `invalid-value` for a missing or
   *   impossible value
   */
  create(parameters: Readonly<Record<string, number>>): Schedule;
}

/** The definition of a schedule together with its typed constructor. */
export interface TypedScheduleDefinition<Required extends string, Optional extends string>
  extends ScheduleDefinition {
  create(parameters: Readonly<Record<Required, number> & Partial<Record<Optional, number>>>): Schedule;
}

const kinds: Readonly<Record<ScheduleParameterKind, NumberRange>> = { ...ranges, factor: ranges.nonNegative };

interface Declaration<Required extends string, Optional extends string> {
  readonly name: string;
  readonly summary: string;
  readonly formula: string;
  readonly required: Readonly<Record<Required, Omit<ScheduleParameter, "default">>>;
  readonly optional: Readonly<Record<Optional, ScheduleParameter & { readonly default: number }>>;
  /** Refuses combinations that no single parameter's kind can exclude: what was expected, or undefined. */
  conflict?(value: (name: Required | Optional) => number): string | undefined;
  /** The factor after t updates. */
  factor(value: (name: Required | Optional) => number): (t: number) => number;
}

/** Builds a schedule's definition; its constructor checks every parameter before it returns a schedule. */
export function defineSchedule<Required extends string, Optional extends string>(
  declaration: Declaration<Required, Optional>,
): TypedScheduleDefinition<Required, Optional> {
  const { name, summary, formula, required, optional } = declaration;
  const parameters: Readonly<Record<string, ScheduleParameter>> = { ...required, ...optional };
  const names = Object.keys(parameters);
  const create = (given: Readonly<Record<string, number>>): Schedule => {
    const unknown = Object.keys(given).find((parameter) => !names.includes(parameter));
    if (unknown !== undefined) throw unknownName(`parameter of the schedule ${name}`, unknown, names);
    const values = new Map(
      names.map((parameter) => [parameter, checkedValue(name, parameters, parameter, given)]),
    );
    const value = (parameter: string): number => values.get(parameter) ?? Number.NaN;
    const conflict = declaration.conflict?.(value);
    if (conflict !== undefined)
      throw new SteepestError(
        "invalid-value",
        `schedule ${name}: expected ${conflict}`,
        "Change one of the two parameters",
      );
    const factor = declaration.factor(value);
    return (step) => factor(step - 1);
  };
  return { name, summary, formula, parameters, create };
}

function checkedValue(
  schedule: string,
  parameters: Readonly<Record<string, ScheduleParameter>>,
  name: string,
  given: Readonly<Record<string, number>>,
): number {
  const parameter = parameters[name];
  const value = given[name] ?? parameter?.default;
  if (parameter === undefined || value === undefined)
    throw new SteepestError(
      "invalid-value",
      `schedule ${schedule} has no value for ${name} (${parameter?.description})`,
      `Give it, as in ${schedule}:${name}=...`,
    );
  const kind = kinds[parameter.kind];
  if (!kind.accepts(value))
    throw new SteepestError(
      "invalid-value",
      `schedule ${schedule}: ${name} is ${value}`,
      `Expected ${kind.expected} (${parameter.description})`,
    );
  return value;
}
