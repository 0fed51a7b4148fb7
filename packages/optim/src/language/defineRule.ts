import { type Expression, type Operand, toExpression, variable } from "./expression.js";
import type {
  Citation,
  HyperSpec,
  OptionSpec,
  Phase,
  Preset,
  PresetName,
  Reduction,
  Rule,
  RuleBody,
} from "./rule.js";
import { children, substitute } from "./traverse.js";
import { checkRule, declaredTwice } from "./validate.js";

type Names<T> = Extract<keyof T, string>;

/** The variables a formula may use, as expressions, by name. */
export type Variables<Name extends string> = Readonly<Record<Name, Expression>>;

/** The chosen value of each option. */
export type OptionValues<Options extends Readonly<Record<string, OptionSpec>>> = {
  readonly [Name in keyof Options]: Options[Name]["values"][number];
};

/**
 * Slots (or carried scalars) and their initial values, formulas of hyper-parameters; `undefined` where an
 * option leaves one out.
 */
type Initial = Readonly<Record<string, Operand | undefined>>;

interface ReductionForm {
  readonly over: Reduction["over"];
  readonly sum: Operand;
}

/**
 * One pass over the parameters; see `Phase`. Each function is handed the variables that exist at that point.
 */
export interface PhaseForm<
  Known extends string,
  Assignable extends string,
  Carried extends string,
  Scalars extends string,
  Reduced extends string,
> {
  /** Values computed once a step in float64; `undefined` where an option leaves one out. */
  readonly scalars?: (variables: Variables<Known>) => Readonly<Record<Scalars, Operand | undefined>>;
  /** Where this is 0 the phase is skipped; see `Phase`. */
  readonly when?: (variables: Variables<Known | Scalars>) => Operand;
  /** Sums over elements, of values before this phase's update. */
  readonly reduce?: (variables: Variables<Known | Scalars>) => Readonly<Record<Reduced, ReductionForm>>;
  /** New values of `x` and of state slots, all from old values. */
  readonly update?: (variables: Variables<Known | Scalars>) => Readonly<Partial<Record<Assignable, Operand>>>;
  /**
   * New values of carried scalars, all from old values; this phase's sums over the group and over all are
   * known.
   */
  readonly carry?: (
    variables: Variables<Known | Scalars | Reduced>,
  ) => Readonly<Partial<Record<Carried, Operand>>>;
}

/** A body under construction: it is a complete `RuleBody`, and `phase` adds a pass to it. */
export interface PhaseChain<Known extends string, Assignable extends string, Carried extends string>
  extends RuleBody {
  phase<Scalars extends string = never, Reduced extends string = never>(
    form: PhaseForm<Known, Assignable, Carried, Scalars, Reduced>,
  ): PhaseChain<Known | Scalars | Reduced, Assignable, Carried>;
  /**
   * Assigns slots from what all the phases so far leave behind. Where the last phase allows it, that is part
   * of its pass instead of a pass of its own. None of the slots may be assigned in that phase.
   */
  afterwards(
    update: (variables: Variables<Known>) => Readonly<Partial<Record<Assignable, Operand>>>,
  ): PhaseChain<Known, Assignable, Carried>;
}

/** The variables that every formula may use. */
type Known<Hyper extends string> = "x" | "g" | "k" | Hyper;

/** What a body is made of beside its phases. */
export interface BodyForm<
  Hyper extends string,
  State extends Initial,
  Carried extends Initial,
  Each extends Initial,
  Inputs extends string,
> {
  readonly state?: State;
  /** Scalars that persist from step to step, one a group. */
  readonly carried?: Carried;
  /** Scalars that persist from step to step, one a parameter. */
  readonly carriedPerParameter?: Each;
  /** Further arrays that the caller fills as it does the gradients. */
  readonly inputs?: readonly Inputs[];
  /** Slots that start from the parameter or the first gradient: assigned once, before the first update. */
  readonly begin?: (
    variables: Variables<"x" | "g" | Hyper>,
  ) => Readonly<Partial<Record<Names<State>, Operand>>>;
  /** The weights to evaluate with, after k updates, where they are not x. */
  readonly evaluation?: (
    variables: Variables<"x" | "k" | Hyper | Names<State> | Names<Carried> | Names<Each>>,
  ) => Operand;
}

/** No slots, carried scalars or phases. */
type None = Readonly<Record<never, Operand>>;

/** What `body` is handed to write its formula with. */
export interface BodyBuilder<Hyper extends string> {
  /** The hyper-parameters, for initial values. */
  readonly hyper: Variables<Hyper>;
  /** A rule in one pass: slots, per-step scalars, and the update from old values. */
  elementwise<
    const State extends Initial = None,
    const Carried extends Initial = None,
    const Each extends Initial = None,
    const Inputs extends string = never,
    Scalars extends string = never,
    Reduced extends string = never,
  >(
    form: BodyForm<Hyper, State, Carried, Each, Inputs> &
      PhaseForm<
        Known<Hyper> | Names<State> | Names<Carried> | Names<Each> | Inputs,
        "x" | Names<State>,
        Names<Carried> | Names<Each>,
        Scalars,
        Reduced
      >,
  ): RuleBody;
  /**
   * A rule in several passes, with sums between them: `phases({state, carried}).phase({...}).phase({...})`.
   */
  phases<
    const State extends Initial = None,
    const Carried extends Initial = None,
    const Each extends Initial = None,
    const Inputs extends string = never,
  >(
    form: BodyForm<Hyper, State, Carried, Each, Inputs>,
  ): PhaseChain<
    Known<Hyper> | Names<State> | Names<Carried> | Names<Each> | Inputs,
    "x" | Names<State>,
    Names<Carried> | Names<Each>
  >;
  /**
   * Another rule's body with more after it: its phases come first, and `phase` adds to them. Used by
   * wrappers.
   */
  extend<const State extends Initial = None, const Carried extends Initial = None>(
    base: RuleBody,
    form: BodyForm<Hyper, State, Carried, None, never>,
  ): PhaseChain<Known<Hyper> | Names<State> | Names<Carried>, "x" | Names<State>, Names<Carried>>;
}

export interface RuleDeclaration<
  Hyper extends Readonly<Record<string, HyperSpec>>,
  Options extends Readonly<Record<string, OptionSpec>>,
> {
  readonly name: string;
  readonly title: string;
  /** One line: what it does, for tables. */
  readonly summary: string;
  readonly cite: Citation;
  readonly hyper: Hyper;
  readonly options?: Options;
  readonly presets?: Readonly<Partial<Record<PresetName, Preset>>>;
  /** LaTeX symbols of slots, scalars and reductions whose names do not speak for themselves. */
  readonly symbols?: Readonly<Record<string, string>>;
  /** What hyper-parameters and options must satisfy together, where they do not. */
  conflict?(
    hyper: Readonly<Record<Names<Hyper>, number>>,
    options: OptionValues<Options>,
  ): string | undefined;
  readonly body: (rule: BodyBuilder<Names<Hyper>>, options: OptionValues<Options>) => RuleBody;
}

/**
 * Defines an update rule from its formula: `x` the parameter, `g` its gradient, `k` the step from 1,
 * hyper-parameters, state slots and per-step scalars are handed in as expressions. Users define their own
 * rules at run time the same way.
 *
 * @throws SteepestError where, under any choice of options, a formula uses an unknown variable, assigns an
 *   undeclared slot, or a name is declared twice; and where a default or preset breaks a hyper-parameter's
 *   own range.
 */
export function defineRule<
  const Hyper extends Readonly<Record<string, HyperSpec>>,
  const Options extends Readonly<Record<string, OptionSpec>> = Readonly<Record<never, OptionSpec>>,
>(declaration: RuleDeclaration<Hyper, Options>): Rule {
  const { hyper, options, presets, symbols, body, ...description } = declaration;
  const hyperNames = Object.keys(hyper);
  const rule: Rule = {
    ...description,
    hyper,
    options: options ?? {},
    presets: presets ?? {},
    symbols: symbols ?? {},
    // The option names and values were checked against `options` by whoever chose them; checkRule does so for
    // all.
    body: (chosen) => body(bodyBuilder(hyperNames), chosen as OptionValues<Options>),
  };
  checkRule(rule);
  return rule;
}

/**
 * Every name reads as a variable: one that is declared as a scalar is a scalar, any other an element.
 * Undeclared names are found by `checkRule`, which can then name the formula they stand in.
 */
const variablesOf = <Name extends string>(scalarNames: readonly string[]): Variables<Name> => {
  const scalars = new Set(scalarNames);
  return new Proxy({} as Variables<Name>, {
    get: (_, name) => variable(scalars.has(String(name)) ? "scalar" : "element", String(name)),
  });
};

const expressions = (
  operands: Readonly<Record<string, Operand | undefined>>,
): Readonly<Record<string, Expression>> =>
  Object.fromEntries(
    Object.entries(operands).flatMap(([name, operand]) =>
      operand === undefined ? [] : [[name, toExpression(operand)]],
    ),
  );

function chain<Known extends string, Assignable extends string, Carried extends string>(
  body: RuleBody,
  scalarNames: readonly string[],
): PhaseChain<Known, Assignable, Carried> {
  return {
    ...body,
    phase: ({ scalars, when, reduce, update, carry }) => {
      const computed = expressions(scalars?.(variablesOf(scalarNames)) ?? {});
      const known = [...scalarNames, ...Object.keys(computed)];
      const reductions = reduce?.(variablesOf(known)) ?? {};
      const reduced = Object.fromEntries(
        Object.entries<ReductionForm>(reductions).map(([name, { over, sum }]) => [
          name,
          { over, sum: toExpression(sum) },
        ]),
      );
      const after = [...known, ...Object.keys(reduced)];
      const phase: Phase = {
        ...(when === undefined ? {} : { when: toExpression(when(variablesOf(known))) }),
        scalars: computed,
        reduce: reduced,
        assign: expressions(update?.(variablesOf(known)) ?? {}),
        carry: expressions(carry?.(variablesOf(after)) ?? {}),
      };
      return chain({ ...body, phases: [...body.phases, phase] }, after);
    },
    afterwards: (update) => {
      const assignments = expressions(update(variablesOf(scalarNames)));
      const last = body.phases.at(-1);
      const phases =
        last === undefined || !canJoin(assignments, last)
          ? [...body.phases, { scalars: {}, reduce: {}, assign: assignments, carry: {} }]
          : [...body.phases.slice(0, -1), joined(assignments, last)];
      return chain({ ...body, phases }, scalarNames);
    },
  };
}

/**
 * Whether assignments that come after a phase can be computed within it: always, and from nothing that it
 * reduces or carries.
 */
function canJoin(assignments: Readonly<Record<string, Expression>>, phase: Phase): boolean {
  const late = new Set([...Object.keys(phase.reduce), ...Object.keys(phase.carry)]);
  const isLate = (expression: Expression): boolean =>
    (expression.kind === "variable" && late.has(expression.name)) || children(expression).some(isLate);
  return phase.when === undefined && !Object.values(assignments).some(isLate);
}

/** The phase with assignments from its own new values. */
const joined = (assignments: Readonly<Record<string, Expression>>, phase: Phase): Phase => ({
  ...phase,
  assign: {
    ...phase.assign,
    ...Object.fromEntries(
      Object.entries(assignments).map(([name, expression]) => [
        name,
        substitute(expression, (one) => phase.assign[one.name] ?? one),
      ]),
    ),
  },
});

/** Scalars that the phases of a body name, in order: a later phase may use them. */
const phaseScalars = ({ phases }: RuleBody): readonly string[] =>
  phases.flatMap(({ scalars, reduce }) => [...Object.keys(scalars), ...Object.keys(reduce)]);

function bodyBuilder<Hyper extends string>(hyperNames: readonly string[]): BodyBuilder<Hyper> {
  const extend: BodyBuilder<Hyper>["extend"] = (base, form) => withForm(base, form, hyperNames);
  const phases: BodyBuilder<Hyper>["phases"] = (form) => withForm(emptyBody, form, hyperNames);
  return {
    hyper: variablesOf(hyperNames),
    phases,
    extend,
    elementwise: (form) => phases(form).phase(form),
  };
}

const emptyBody: RuleBody = { state: {}, carried: {}, phases: [] };

/** The base's body with what a form adds to it. */
function withForm<
  Hyper extends string,
  const State extends Initial,
  const Carried extends Initial,
  const Each extends Initial,
  const Inputs extends string,
>(
  base: RuleBody,
  {
    state,
    carried,
    carriedPerParameter,
    inputs,
    begin,
    evaluation,
  }: BodyForm<Hyper, State, Carried, Each, Inputs>,
  hyperNames: readonly string[],
): PhaseChain<
  Known<Hyper> | Names<State> | Names<Carried> | Names<Each> | Inputs,
  "x" | Names<State>,
  Names<Carried> | Names<Each>
> {
  const taken = new Set([
    ...[base.state, base.carried, base.carriedPerParameter ?? {}].flatMap((part) => Object.keys(part)),
    ...phaseScalars(base),
  ]);
  const twice = [...Object.keys(state ?? {}), ...Object.keys(carried ?? {})].find((name) => taken.has(name));
  if (twice !== undefined) throw declaredTwice("the extended rule", twice);
  const allCarried = { ...base.carried, ...expressions(carried ?? {}) };
  const each = { ...base.carriedPerParameter, ...expressions(carriedPerParameter ?? {}) };
  const scalars = ["k", ...hyperNames, ...Object.keys(allCarried), ...Object.keys(each)];
  const allInputs = [...(base.inputs ?? []), ...(inputs ?? [])];
  const beginning = { ...base.begin, ...expressions(begin?.(variablesOf(hyperNames)) ?? {}) };
  const evaluated =
    evaluation === undefined ? base.evaluation : toExpression(evaluation(variablesOf(scalars)));
  return chain(
    {
      state: { ...base.state, ...expressions(state ?? {}) },
      carried: allCarried,
      ...(Object.keys(each).length === 0 ? {} : { carriedPerParameter: each }),
      ...(Object.keys(beginning).length === 0 ? {} : { begin: beginning }),
      ...(allInputs.length === 0 ? {} : { inputs: allInputs }),
      phases: base.phases,
      ...(evaluated === undefined ? {} : { evaluation: evaluated }),
    },
    [...scalars, ...phaseScalars(base)],
  );
}
