import { SteepestError } from "../errors.js";
import { checkBody } from "../language/validate.js";
import type { LinearAlgebra } from "../linearAlgebra/linearAlgebra.js";
import { referenceLinearAlgebra } from "../linearAlgebra/reference/reference.js";
import { wasmLinearAlgebra } from "../linearAlgebra/wasm/wasmLinearAlgebra.js";
import { checkConfig } from "../optimizer/checks.js";
import type { ArenaBytes, MatrixRuleChoice, Optimizer, OptimizerConfig } from "../optimizer/config.js";
import { ArrangedOptimizer, backendOf } from "../optimizer/optimizer.js";
import type { ParameterSpec } from "../parameter.js";
import { type ChosenValues, chooseValues, type GivenValues, refuseConflict, refuseIdle } from "../values.js";
import { arrangeMatrix, matrixArenaBytes } from "./arrange.js";
import { companionBody } from "./companion.js";
import type { MatrixRule } from "./matrixRule.js";

/**
 * The value of every hyper-parameter and option of a matrix rule.
 * @throws SteepestError as `chooseValues`; and `invalid-value` for a hyper-parameter that was given but has
 *   no effect under the chosen options
 */
export function chooseMatrixValues(rule: MatrixRule, given: GivenValues): ChosenValues {
  const chosen = chooseValues(rule, given);
  const idle = rule.idle(chosen.options);
  refuseIdle(rule, given, chosen, (name) => idle.includes(name));
  refuseConflict(rule, chosen);
  return chosen;
}

/**
 * Builds an optimizer from a matrix rule: what the rule takes is updated by it, the rest by its companion.
 *
 * @throws SteepestError for unknown names, values out of range, impossible shapes, linear algebra of the
 *   other precision, or memory that cannot be had
 */
export function createMatrixOptimizer(
  choice: MatrixRuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): Optimizer {
  const { rule } = choice;
  const chosen = checkedValues(choice, config);
  const backend = backendOf(config);
  const algebra = config.linearAlgebra ?? defaultAlgebra(backend.precision);
  if (algebra.precision !== backend.precision)
    throw new SteepestError(
      "invalid-value",
      `the optimizer computes in ${backend.precision}, its linear algebra ${algebra.name} in ${algebra.precision}`,
      "Choose a backend and a linear algebra of the same precision",
    );
  const arranged = arrangeMatrix(rule, chosen, backend, algebra, parameters, config);
  return new ArrangedOptimizer(parameters, arranged, config);
}

/** The bytes that `createMatrixOptimizer` allocates for the same arguments; throws as it does. */
export const matrixOptimizerArena = (
  choice: MatrixRuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): ArenaBytes =>
  matrixArenaBytes(choice.rule, checkedValues(choice, config), backendOf(config), parameters, config);

function checkedValues(choice: MatrixRuleChoice, config: OptimizerConfig): ChosenValues {
  const { rule } = choice;
  const chosen = chooseMatrixValues(rule, choice);
  checkBody(rule, companionBody(rule.companion));
  checkConfig(rule, config);
  return chosen;
}

/** Readable in float64, fast in float32. */
const defaultAlgebra = (precision: "float32" | "float64"): LinearAlgebra =>
  precision === "float64" ? referenceLinearAlgebra : wasmLinearAlgebra();
