import { defineSchedule } from "./schedule.js";

/**
 * One half cosine wave up from 1/divide to 1, one down to 1/(divide · finalDivide): torch
 * `OneCycleLR(max_lr, total_steps, pct_start, div_factor, final_div_factor)`, whose last value falls on the
 * last step (t = steps − 1). optax `cosine_onecycle_schedule` has the same values but its joints lie at
 * ⌊warmup · steps⌋ and steps instead of one step earlier. Smith & Topin 2017,
 * https://arxiv.org/abs/1708.07120.
 */
export const oneCycleSchedule = defineSchedule({
  name: "one-cycle",
  summary: "one cosine wave up to 1 and one down to almost nothing (torch OneCycleLR)",
  formula:
    "a = pT - 1: \\quad \\tfrac1d \\to 1 \\text{ on } [0, a], \\quad 1 \\to \\tfrac{1}{d f} \\text{ on } [a, T - 1], \\quad y \\to z: z + \\tfrac{y - z}{2} (1 + \\cos \\pi u)",
  required: { steps: { kind: "count", description: "total number of steps T" } },
  optional: {
    warmup: { kind: "fraction", default: 0.3, description: "fraction p of the steps that rise" },
    divide: { kind: "positive", default: 25, description: "the first factor is 1/d" },
    finalDivide: { kind: "positive", default: 1e4, description: "the last factor is 1/(d f)" },
  },
  factor: (value) => {
    const [steps, warmup, divide, finalDivide] = [
      value("steps"),
      value("warmup"),
      value("divide"),
      value("finalDivide"),
    ];
    const top = Math.max(warmup * steps - 1, 0);
    const end = Math.max(steps - 1, top);
    const first = 1 / divide;
    const last = first / finalDivide;
    return (t) => {
      if (t < top) return halfWave(first, 1, t / top);
      return t < end ? halfWave(1, last, (t - top) / (end - top)) : last;
    };
  },
});

/** From `from` to `to` along half a cosine wave; `progress` from 0 to 1. */
const halfWave = (from: number, to: number, progress: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
