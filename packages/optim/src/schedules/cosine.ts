import { defineSchedule } from "./schedule.js";

/**
 * Linear warm-up, then half a cosine wave from 1 to `final`, then `final`:
 * optax `warmup_cosine_decay_schedule(start, 1, warmup, steps, final)`, where `steps` counts the warm-up too;
 * without warm-up optax `cosine_decay_schedule(1, steps, final)` and torch `CosineAnnealingLR` up to its
 * `T_max`. Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983.
 */
export const cosineSchedule = defineSchedule({
  name: "cosine",
  summary:
    "optional linear warm-up, then half a cosine wave down to final (optax warmup_cosine_decay_schedule)",
  formula:
    "t < W: s + (1 - s)\\, t / W; \\quad t \\ge W: c + (1 - c) \\tfrac12 \\left(1 + \\cos \\pi \\min\\left(\\tfrac{t - W}{T - W}, 1\\right)\\right)",
  required: { steps: { kind: "count", description: "total number of steps T, warm-up included" } },
  optional: {
    warmup: { kind: "wholeNumber", default: 0, description: "steps W of linear warm-up" },
    start: { kind: "factor", default: 0, description: "the first factor s of the warm-up" },
    final: { kind: "factor", default: 0, description: "the factor c at the end and after it" },
  },
  conflict: (value) => (value("warmup") < value("steps") ? undefined : "warmup < steps"),
  factor: (value) => {
    const [steps, warmup, start, final] = [value("steps"), value("warmup"), value("start"), value("final")];
    return (t) => {
      if (t < warmup) return start + (1 - start) * (t / warmup);
      const progress = Math.min((t - warmup) / (steps - warmup), 1);
      return final + ((1 - final) * (1 + Math.cos(Math.PI * progress))) / 2;
    };
  },
});
