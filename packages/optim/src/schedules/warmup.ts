import { defineSchedule } from "./schedule.js";

/**
 * A straight line from `start` to 1, then 1: optax `linear_schedule(start, 1, steps)`, torch
 * `LinearLR(start_factor, 1, total_iters)`. With `start` = 0 the first update does not move, as in optax.
 */
export const warmupSchedule = defineSchedule({
  name: "warmup",
  summary:
    "linear warm-up from start to 1 over the first steps, then 1 (optax linear_schedule, torch LinearLR)",
  formula: "s + (1 - s) \\min(t / W, 1)",
  required: { steps: { kind: "count", description: "length W of the warm-up in steps" } },
  optional: { start: { kind: "factor", default: 0, description: "the first factor s" } },
  factor: (value) => {
    const [steps, start] = [value("steps"), value("start")];
    return (t) => start + (1 - start) * Math.min(t / steps, 1);
  },
});
