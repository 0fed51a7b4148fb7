import { describe, expect, it } from "vitest";
import type { ParameterSpec } from "../parameter.js";
import { parseOptimizerSpec } from "../spec.js";
import type { RuleChoice } from "./config.js";
import { createOptimizer } from "./createOptimizer.js";

describe("createOptimizer", () => {
  it("refuses what the types exclude: a role that is none, a rule that is not there", () => {
    const typo: ParameterSpec = JSON.parse('{ "name": "w", "shape": [2, 2], "role": "hidenMatrix" }');
    for (const name of ["adam", "shampoo"])
      expect(() => createOptimizer(parseOptimizerSpec(name), [typo])).toThrow(
        'unknown role of parameter w: "hidenMatrix". Did you mean "hiddenMatrix"?',
      );
    const missing: RuleChoice = { ...JSON.parse("{}"), rule: undefined };
    expect(() => createOptimizer(missing, [{ name: "w", shape: [2], role: "other" }])).toThrow(
      "rule is undefined, expected a rule. Give what defineRule",
    );
  });
});
