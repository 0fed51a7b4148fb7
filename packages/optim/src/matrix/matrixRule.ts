import type { Values } from "../backends/backend.js";
import type { Move, Moves } from "../backends/moves.js";
import type { OptionValues } from "../language/defineRule.js";
import type { OptionSpec, OptionValue, Rule, RuleDescription } from "../language/rule.js";
import { checkDescription } from "../language/validate.js";
import type { LinearAlgebra, Operation } from "../linearAlgebra/linearAlgebra.js";
import type { ParameterSpec } from "../parameter.js";
import type { ElementwiseStage, ElementwiseTensor, ElementwiseUpdate } from "./elementwise.js";

/** An array in the optimizer's memory: declared while planning, a view once the memory is there. */
export interface Place {
  readonly shape: readonly number[];
}

/**
 * What an array of state holds before the first update: one number everywhere, or a multiple of the identity
 * matrix.
 */
export type InitialState = { readonly fill: number } | { readonly identity: number };

/** A parameter that a matrix rule takes, while its memory is being planned. */
export interface PlannedParameter {
  readonly shape: readonly number[];
  readonly x: Place;
  /** The gradient that the update is made of: averaged and clipped where the configuration says so. */
  readonly g: Place;
  /** An array that is saved. Zeros at first. */
  state(name: string, shape: readonly number[], initial?: InitialState): Place;
  /** An array that need not outlive a step. */
  scratch(shape: readonly number[]): Place;
}

/**
 * One part of an update, in the order in which they run: plain code that is handed the step from 1, linear
 * algebra, or parts of some steps only.
 */
export type Stage = ((step: number) => void) | Operation | StagesOfSomeSteps;

/** Parts that run in the steps for which `when` holds. */
export interface StagesOfSomeSteps {
  readonly when: (step: number) => boolean;
  readonly stages: readonly Stage[];
}

/** What an update is made of once the memory is there. */
export interface Binding<Hyper extends string = string> {
  readonly algebra: LinearAlgebra;
  /** The hyper-parameters of the present step; one object, overwritten before each. */
  readonly hyper: Readonly<Record<Hyper, number>>;
  view(place: Place): Values;
  /** Moves between views, from layout to layout. */
  move(moves: readonly Move[]): Moves;
}

/** How a plan declares what is not an array of its own. */
export interface PlanTools {
  /**
   * Compiles what happens to arrays of one size element by element, in terms of the rule's hyper-parameters
   * and the step k.
   */
  elementwise(update: ElementwiseUpdate, tensors: readonly ElementwiseTensor[]): ElementwiseStage;
  /** Neighbouring elements of an array as an array. */
  part(of: Place, offset: number, shape: readonly number[]): Place;
}

/** What is settled before the memory is planned. */
export interface PlanValues<Hyper extends string, Options> extends PlanTools {
  /** Structural hyper-parameters only: the others change from step to step. */
  readonly hyper: Readonly<Record<Hyper, number>>;
  readonly options: Options;
}

/** Makes the update of a group's parameters. */
export type Bind<Hyper extends string = string> = (binding: Binding<Hyper>) => readonly Stage[];

/**
 * The element rule of the parameters that a matrix rule leaves, in terms of the matrix rule's
 * hyper-parameters.
 */
export interface Companion {
  readonly rule: Rule;
  readonly options?: Readonly<Record<string, OptionValue>>;
  /**
   * For each of the companion's hyper-parameters: the matrix rule's, by name, or a constant. Those left out
   * keep their names.
   */
  readonly hyper?: Readonly<Record<string, string | number>>;
}

type Chosen = Readonly<Record<string, OptionValue>>;

/**
 * A rule that updates tensors by linear algebra, and those that it does not take by a companion written
 * element by element.
 */
export interface MatrixRule extends RuleDescription {
  /**
   * Hyper-parameters that are settled when an optimizer is built: they decide shapes, or are bound into the
   * linear algebra.
   */
  readonly structural: readonly string[];
  /**
   * Of a rule that works on blocks: so many rows of a matrix, or a multiple of them, need the same arrays by
   * themselves as within a taller matrix.
   */
  rowsApart?(hyper: Readonly<Record<string, number>>): number;
  /** Hyper-parameters that schedules multiply. */
  readonly learningRates: readonly string[];
  /** Whether the rule itself updates this parameter. */
  takes(parameter: ParameterSpec): boolean;
  readonly companion: Companion;
  /** Whether it sums squares of gradients, so that Σg² of a tensor has to be a finite number. */
  readonly squaresGradients: boolean;
  /** Hyper-parameters without effect under these options. */
  idle(options: Chosen): readonly string[];
  /**
   * Declares the arrays of a group's taken parameters; what comes back makes the update of all of them
   * together.
   */
  plan(parameters: readonly PlannedParameter[], values: PlanValues<string, Chosen>): Bind;
  latex(options: Chosen): readonly string[];
  plainFormula(options: Chosen): readonly string[];
}

type Names<T> = Extract<keyof T, string>;
type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface MatrixRuleDeclaration<Hyper extends RuleDescription["hyper"], Options extends OptionSpecs>
  extends Omit<RuleDescription, "hyper" | "options" | "presets" | "symbols">,
    Pick<MatrixRule, "takes" | "companion" | "rowsApart"> {
  readonly hyper: Hyper;
  readonly options?: Options;
  readonly presets?: RuleDescription["presets"];
  readonly structural?: readonly Names<Hyper>[];
  /** Default `lr`. */
  readonly learningRates?: readonly Names<Hyper>[];
  /** Default true. */
  readonly squaresGradients?: boolean;
  /** Default none. */
  readonly idle?: (options: OptionValues<Options>) => readonly Names<Hyper>[];
  readonly plan: (
    parameters: readonly PlannedParameter[],
    values: PlanValues<Names<Hyper>, OptionValues<Options>>,
  ) => Bind<Names<Hyper>>;
  /** The update as LaTeX, one line an equation, the last one x's. */
  readonly latex: (options: OptionValues<Options>) => readonly string[];
  /** The same in Unicode. */
  readonly plainFormula: (options: OptionValues<Options>) => readonly string[];
}

/**
 * Defines a rule on matrices: its state is declared with shapes, its update is a list of stages, some of them
 * linear algebra.
 *
 * @throws SteepestError where a default or preset breaks a hyper-parameter's own range, or names clash
 */
export function defineMatrixRule<
  const Hyper extends RuleDescription["hyper"],
  const Options extends OptionSpecs = Readonly<Record<never, OptionSpec>>,
>(declaration: MatrixRuleDeclaration<Hyper, Options>): MatrixRule {
  const { options, presets, structural, learningRates, squaresGradients, idle, ...others } = declaration;
  const { plan, latex, plainFormula, ...rest } = others;
  // The option names and values were checked against `options` by whoever chose them.
  const typed = (chosen: Chosen) => chosen as OptionValues<Options>;
  const rule: MatrixRule = {
    ...rest,
    options: options ?? {},
    presets: presets ?? {},
    symbols: {},
    structural: structural ?? [],
    learningRates: learningRates ?? ["lr"],
    squaresGradients: squaresGradients ?? true,
    idle: (chosen) => idle?.(typed(chosen)) ?? [],
    plan: (parameters, { hyper, options: chosen, ...tools }) =>
      plan(parameters, {
        ...{ hyper: hyper as Readonly<Record<Names<Hyper>, number>>, options: typed(chosen) },
        ...tools,
      }),
    latex: (chosen) => latex(typed(chosen)),
    plainFormula: (chosen) => plainFormula(typed(chosen)),
  };
  checkDescription(rule);
  return rule;
}
