import { type ClosureOptimizer, createClosureOptimizer } from "../../../src/closure/optimizer.js";
import type { OptimizerConfig } from "../../../src/optimizer/config.js";
import type { ParameterSpec } from "../../../src/parameter.js";
import { parseOptimizerSpec } from "../../../src/spec.js";
import { type Backend, backends } from "../../forms.js";
import { type Objective, vector } from "../../objectives.js";

/** Methods whose steps never raise the loss: a line search decides them. */
export const searches = ["gd-backtracking", "gd-wolfe", "lbfgs", "lbfgs:historySize=3,maximumIterations=4"];
/** Methods that step whatever comes. */
const others = [
  "lbfgs:lineSearch=none,lr=0.001",
  "lbfgs:lineSearch=none,maximumIterations=4,lr=0.001",
  "sam:lr=0.0003",
  "sam:base=adamw,lr=0.01",
  "sam:base=sgd,ascentSteps=3,lr=0.0005",
];

/** A form or more of every such method. */
export const methods = [...searches, ...others];

/** Each method on each back end. */
export const on = (texts: readonly string[]): readonly (readonly [string, Backend])[] =>
  texts.flatMap((text) => backends.map((backend) => [text, backend] as const));

export const build = (
  text: string,
  backend: Backend,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): ClosureOptimizer => createClosureOptimizer(parseOptimizerSpec(text), parameters, { backend, ...config });

/** An optimizer of one vector `x`, at this place. */
export function startAt(text: string, backend: Backend, start: readonly number[]): ClosureOptimizer {
  const optimizer = build(text, backend, vector(start.length));
  optimizer.parameter("x").set(start);
  return optimizer;
}

/** The objective at the optimizer's only parameter. */
export const at = (optimizer: ClosureOptimizer, objective: Objective): (() => number) => {
  const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
  return () => objective(x, gradient);
};

/** Where descents on Rosenbrock's function begin by custom. */
export const valley = [-1.2, 1];
