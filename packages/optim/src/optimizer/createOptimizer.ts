import { SteepestError } from "../errors.js";
import { createMatrixOptimizer, matrixOptimizerArena } from "../matrix/optimizer.js";
import type { ParameterSpec } from "../parameter.js";
import { optimizerOf } from "../registry.js";
import type { OptimizerSpec } from "../spec.js";
import { checkConfig } from "./checks.js";
import type { ArenaBytes, MatrixRuleChoice, Optimizer, OptimizerConfig, RuleChoice } from "./config.js";
import { createRuleOptimizer, ruleOptimizerArena } from "./optimizer.js";

/**
 * Builds an optimizer over its own memory, by name or from a rule of your own; both get the same kernels.
 *
 * ```ts
 * const optimizer = createOptimizer(parseOptimizerSpec("adamw:lr=0.003"), [{ name: "w", shape: [10, 3], role: "hiddenMatrix" }]);
 * optimizer.parameter("w").set(initial);
 * optimizer.gradient("w").set(gradient);
 * optimizer.step();
 * ```
 *
 * @throws SteepestError for unknown names (with the nearest), values out of range, impossible shapes, memory
 *   that cannot be had, and methods that evaluate the loss themselves
 */
export function createOptimizer(
  choice: OptimizerSpec | RuleChoice | MatrixRuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): Optimizer {
  if ("rule" in choice) {
    checkRule(choice.rule);
    return isMatrixChoice(choice)
      ? createMatrixOptimizer(choice, parameters, config)
      : createRuleOptimizer(choice, parameters, config);
  }
  const entry = optimizerOf(choice);
  if (entry.kind === "closure") {
    throw new SteepestError(
      "misuse",
      `${choice.name} evaluates the loss several times a step, but an optimizer's step has the gradients only`,
      "Use createClosureOptimizer(spec, parameters).step(evaluate), where evaluate fills the gradients and returns the loss",
    );
  }
  return entry.kind === "matrix"
    ? createMatrixOptimizer({ ...choice, rule: entry.rule }, parameters, config)
    : createRuleOptimizer({ ...choice, rule: entry.rule }, parameters, config);
}

/**
 * The bytes of the arena that an optimizer of any kind would hold, by use, as its `arenaBytes` says once it is
 * built. Nothing is allocated, so that there may be more parameters than fit.
 *
 * @throws SteepestError as `createOptimizer`, but for memory that cannot be had
 */
export function plannedArenaBytes(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): ArenaBytes {
  const entry = optimizerOf(spec);
  switch (entry.kind) {
    case "closure":
      checkConfig(entry.method, config);
      return entry.method.arenaBytes(spec, parameters, config);
    case "matrix":
      return matrixOptimizerArena({ ...spec, rule: entry.rule }, parameters, config);
    case "rule":
      return ruleOptimizerArena({ ...spec, rule: entry.rule }, parameters, config);
  }
}

/** @throws SteepestError `invalid-value` for what the types exclude, as where an import has no such rule */
function checkRule(rule: unknown): void {
  if (typeof rule === "object" && rule !== null && ("body" in rule || "plan" in rule)) return;
  throw new SteepestError(
    "invalid-value",
    `rule is ${rule === null ? "null" : typeof rule}, expected a rule`,
    'Give what defineRule or defineMatrixRule returned, or an optimizer by name: parseOptimizerSpec("adam")',
  );
}

const isMatrixChoice = (choice: RuleChoice | MatrixRuleChoice): choice is MatrixRuleChoice =>
  "plan" in choice.rule;
