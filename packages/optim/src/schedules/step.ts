import { defineSchedule } from "./schedule.js";

/**
 * Multiplies by `factor` after every `every` steps: torch `StepLR(step_size, gamma)`, optax
 * `exponential_decay(..., staircase=True)`.
 */
export const stepSchedule = defineSchedule({
  name: "step",
  summary: "a staircase: multiplied by factor after every `every` steps (torch StepLR)",
  formula: "\\gamma^{\\lfloor t / s \\rfloor}",
  required: { every: { kind: "count", description: "width s of a stair in steps" } },
  optional: { factor: { kind: "factor", default: 0.1, description: "the factor γ between two stairs" } },
  factor: (value) => {
    const [every, factor] = [value("every"), value("factor")];
    return (t) => factor ** Math.floor(t / every);
  },
});
