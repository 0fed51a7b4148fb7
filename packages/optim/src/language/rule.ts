import type { Expression } from "./expression.js";

/** What values a hyper-parameter may take; checked before anything is built or changed. */
export type HyperKind =
  /** A step size: finite and >= 0. */
  | "stepSize"
  /** A decay rate β: 0 <= β < 1. */
  | "decayRate"
  /** Finite and >= 0. */
  | "nonNegative"
  /** Finite and > 0. */
  | "positive"
  /** An integer >= 1. */
  | "count"
  /** 0 <= β <= 1. */
  | "fraction"
  /** The largest factor by which a value may grow in a step: finite and >= 1, or 0 for no limit. */
  | "growth"
  /** Any finite number. */
  | "real";

/** A hyper-parameter of a rule: a number that may change from step to step without recompiling. */
export interface HyperSpec {
  readonly default: number;
  readonly kind: HyperKind;
  /** LaTeX symbol, e.g. `\\beta_1`. */
  readonly symbol: string;
  readonly description: string;
}

/** An option chooses between forms of a rule; unlike a hyper-parameter it changes the compiled kernel. */
export interface OptionSpec {
  readonly default: OptionValue;
  readonly values: readonly OptionValue[];
  readonly description: string;
}
/** A value of an option. */
export type OptionValue = string | boolean;

/**
 * Whose defaults and forms to take: of a library, the paper, the authors' own code, or an AlgoPerf
 * submission.
 */
export const presetNames = ["torch", "optax", "transformers", "paper", "authors", "algoperf"] as const;
export type PresetName = (typeof presetNames)[number];

/** What an argument of an original implementation may be given as; `null` is Python's None. */
export type ArgumentValue = number | boolean | string | null | readonly number[];

/** How an argument of the original maps to ours. */
export type ArgumentMapping =
  /** The same value under our name of a hyper-parameter or an option. */
  | string
  /** A tuple: one name an element. */
  | { readonly tuple: readonly string[] }
  /** One number that is several hyper-parameters of ours. */
  | { readonly each: readonly string[] }
  /** A number that also switches a form on unless it is zero or None. */
  | { readonly name: string; readonly enables: Readonly<Record<string, OptionValue>> }
  /** A limit: where the original has infinity for none, `unlimited` is our value. */
  | { readonly name: string; readonly unlimited: number }
  /** Each value that is accepted, as text, and what it sets. */
  | { readonly values: Readonly<Record<string, Readonly<Record<string, number | OptionValue>>>> }
  /**
   * The one value that is accepted, because our rule does not vary it; `otherwise` says what to do instead.
   */
  | { readonly only: number | boolean | string | null; readonly otherwise: string };

/** The original implementation's defaults and forms, set together, and its argument names. */
export interface Preset {
  readonly values: Readonly<Record<string, number | OptionValue>>;
  readonly arguments: Readonly<Record<string, ArgumentMapping>>;
}

/** Where a rule comes from. */
export interface Citation {
  readonly authors: string;
  readonly year: number;
  readonly title: string;
  readonly url?: string;
}

/**
 * A sum over the elements of one parameter, of a group's parameters, or of all parameters of the optimizer.
 */
export interface Reduction {
  readonly over: "parameter" | "group" | "all";
  readonly sum: Expression;
}

/**
 * One pass over the parameters. `scalars` are computed first (from hyper-parameters, the step k, carried
 * scalars, and the scalars and reductions of earlier phases). Then one fused loop assigns elements
 * simultaneously from old values and accumulates reductions of old values. Then `carry` replaces carried
 * scalars, simultaneously from old values; it may use this phase's reductions. A scalar that depends on a
 * reduction over the parameter, or on one carried for it, has one value a parameter.
 */
export interface Phase {
  /**
   * A scalar with one value a group; it may use this phase's scalars. Where it is 0 the phase does nothing:
   * it assigns and carries nothing, and its sums are 0. Its scalars are known to later phases all the same.
   */
  readonly when?: Expression;
  readonly scalars: Readonly<Record<string, Expression>>;
  readonly assign: Readonly<Record<string, Expression>>;
  readonly reduce: Readonly<Record<string, Reduction>>;
  readonly carry: Readonly<Record<string, Expression>>;
}

/** What a rule is once its options are chosen. */
export interface RuleBody {
  /**
   * Element-wise state slots, an array as large as the parameter each, and their initial values from
   * hyper-parameters.
   */
  readonly state: Readonly<Record<string, Expression>>;
  /**
   * Assignments to slots, made once before the first update from x, g and hyper-parameters: slots that start
   * as the parameter.
   */
  readonly begin?: Readonly<Record<string, Expression>>;
  /**
   * Further arrays as large as the parameters, which the caller fills as it does the gradients; 0 until then.
   */
  readonly inputs?: readonly string[];
  /** Scalars that persist from step to step, one a group, and their initial values from hyper-parameters. */
  readonly carried: Readonly<Record<string, Expression>>;
  /**
   * Scalars that persist from step to step, one a parameter, and their initial values from hyper-parameters.
   */
  readonly carriedPerParameter?: Readonly<Record<string, Expression>>;
  readonly phases: readonly Phase[];
  /**
   * The weights to evaluate with, where they are not x: a formula of x, slots, carried scalars,
   * hyper-parameters and the number of updates k. Before the first update they are x.
   */
  readonly evaluation?: Expression;
}

/** What every method says of itself and lets its user choose. */
export interface RuleDescription {
  readonly name: string;
  readonly title: string;
  /** One line: what it does, for tables. */
  readonly summary: string;
  readonly cite: Citation;
  readonly hyper: Readonly<Record<string, HyperSpec>>;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly presets: Readonly<Partial<Record<PresetName, Preset>>>;
  /** LaTeX symbols of slots, scalars and reductions whose names do not speak for themselves. */
  readonly symbols: Readonly<Record<string, string>>;
  /** What hyper-parameters and options must satisfy together, where they do not. */
  conflict?(
    hyper: Readonly<Record<string, number>>,
    options: Readonly<Record<string, OptionValue>>,
  ): string | undefined;
}

/** An update rule: the one source of its kernels, its reference, its formula and its memory. */
export interface Rule extends RuleDescription {
  body(options: Readonly<Record<string, OptionValue>>): RuleBody;
}
