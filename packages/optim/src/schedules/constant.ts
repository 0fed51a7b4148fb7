import { defineSchedule } from "./schedule.js";

/** c for ever: optax `constant_schedule`, torch `ConstantLR` without its end. */
export const constantSchedule = defineSchedule({
  name: "constant",
  summary: "the same factor at every step",
  formula: "c",
  required: {},
  optional: { factor: { kind: "factor", default: 1, description: "the factor c" } },
  factor: (value) => {
    const factor = value("factor");
    return () => factor;
  },
});
