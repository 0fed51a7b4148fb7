import { defineSchedule } from "./schedule.js";

/**
 * From 1 to `final` along (1 − progress)^power: optax `polynomial_schedule(1, final, power, steps, delay)`;
 * torch `PolynomialLR(total_iters, power)` where `final` = 0. A power of 1 is a straight line.
 */
export const polynomialSchedule = defineSchedule({
  name: "polynomial",
  summary:
    "from 1 to final along a power of the remaining time (optax polynomial_schedule, torch PolynomialLR)",
  formula: "c + (1 - c) \\left(1 - \\min\\left(\\tfrac{\\max(t - D, 0)}{T}, 1\\right)\\right)^p",
  required: { steps: { kind: "count", description: "length T of the decay in steps" } },
  optional: {
    power: { kind: "positive", default: 1, description: "the exponent p" },
    final: { kind: "factor", default: 0, description: "the factor c at the end and after it" },
    delay: { kind: "wholeNumber", default: 0, description: "steps D before the decay begins" },
  },
  factor: (value) => {
    const [steps, power, final, delay] = [value("steps"), value("power"), value("final"), value("delay")];
    return (t) => final + (1 - final) * (1 - Math.min(Math.max(t - delay, 0) / steps, 1)) ** power;
  },
});
