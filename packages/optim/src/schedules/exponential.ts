import { defineSchedule } from "./schedule.js";

/**
 * Multiplied by `factor` over every `every` steps, continuously, and never below `final`:
 * optax `exponential_decay(1, every, factor, delay, end_value=final)`; torch `ExponentialLR(gamma)` where
 * `every` = 1.
 */
export const exponentialSchedule = defineSchedule({
  name: "exponential",
  summary:
    "a geometric decay, by factor over every `every` steps (optax exponential_decay, torch ExponentialLR)",
  formula: "\\max\\left(\\gamma^{\\max(t - D, 0) / s}, c\\right)",
  required: { factor: { kind: "fraction", description: "the factor γ over `every` steps" } },
  optional: {
    every: { kind: "count", default: 1, description: "steps s over which the value is multiplied by γ" },
    final: { kind: "fraction", default: 0, description: "the smallest factor c" },
    delay: { kind: "wholeNumber", default: 0, description: "steps D before the decay begins" },
  },
  factor: (value) => {
    const [factor, every, final, delay] = [value("factor"), value("every"), value("final"), value("delay")];
    return (t) => Math.max(factor ** (Math.max(t - delay, 0) / every), final);
  },
});
