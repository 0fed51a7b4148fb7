import type { Citation } from "../language/rule.js";
import type { Choices } from "../values.js";
import type { LineSearch, LineValue } from "./lineFunction.js";

/** What a method is told of the ray x − t·g that it searches. */
export interface GradientRay extends LineValue {
  /** ‖g‖∞. */
  readonly directionSize: number;
  /** The last step that was taken; undefined before the first and after a search that found none. */
  readonly lastStep: number | undefined;
}

/** Gradient descent whose step size is searched for. */
export interface LineSearchMethod extends Choices {
  readonly title: string;
  /** One line: what it does, for tables. */
  readonly summary: string;
  readonly cite: Citation;
  /** The update as LaTeX. */
  readonly latex: string;
  /** The update in Unicode, one line an equation. */
  readonly plainFormula: readonly string[];
  /** What the hyper-parameters must satisfy together, where they do not. */
  conflict?(hyper: Readonly<Record<string, number>>): string | undefined;
  search(hyper: Readonly<Record<string, number>>, ray: GradientRay): LineSearch;
}

/** Declares a method with typed hyper-parameters; they are complete and checked when its functions are called. */
export const defineLineSearch = <Hyper extends LineSearchMethod["hyper"]>(
  method: Omit<LineSearchMethod, "hyper" | "options" | "presets" | "conflict" | "search"> & {
    readonly hyper: Hyper;
    readonly presets?: LineSearchMethod["presets"];
    conflict?(hyper: Readonly<Record<keyof Hyper, number>>): string | undefined;
    search(hyper: Readonly<Record<keyof Hyper, number>>, ray: GradientRay): LineSearch;
  },
): LineSearchMethod => ({ options: {}, presets: {}, ...method });
