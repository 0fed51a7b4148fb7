import { defineSchedule } from "./schedule.js";

/**
 * Triangular waves between `low` and 1: torch `CyclicLR` with base_lr = low · max_lr.
 * Its modes are numbers here: `cycleDecay` = 0.5 is "triangular2", `stepDecay` is the gamma of "exp_range".
 * Smith 2015, https://arxiv.org/abs/1506.01186.
 */
export const cyclicSchedule = defineSchedule({
  name: "cyclic",
  summary: "triangular waves between low and 1 (torch CyclicLR)",
  formula:
    "l + (1 - l)\\, w\\, d^{\\lfloor t / (U + D) \\rfloor} \\gamma^t, \\quad w = \\min\\left(\\tfrac{r}{U}, \\tfrac{U + D - r}{D}\\right), \\quad r = t \\bmod (U + D)",
  required: { up: { kind: "count", description: "steps U from low to the top" } },
  optional: {
    down: {
      kind: "wholeNumber",
      default: 0,
      description: "steps D from the top to low; 0 means as many as up",
    },
    low: { kind: "fraction", default: 0.1, description: "the smallest factor l" },
    cycleDecay: { kind: "fraction", default: 1, description: "the amplitude's factor d from cycle to cycle" },
    stepDecay: { kind: "fraction", default: 1, description: "the amplitude's factor γ from step to step" },
  },
  factor: (value) => {
    const [up, low, cycleDecay, stepDecay] = [
      value("up"),
      value("low"),
      value("cycleDecay"),
      value("stepDecay"),
    ];
    const down = value("down") === 0 ? up : value("down");
    return (t) => {
      const cycle = Math.floor(t / (up + down));
      const position = t - cycle * (up + down);
      const wave = Math.min(position / up, (up + down - position) / down);
      return low + (1 - low) * wave * cycleDecay ** cycle * stepDecay ** t;
    };
  },
});
