import { fromOptimizer } from "@steepest/bench";
import type { Schedule } from "@steepest/optim";
import { algoperfCompetition, nadamwOf, optListPoints } from "./shared/nadamw.js";

const [first, second, third, , fifth] = optListPoints;

/**
 * NAdamW whose learning rate goes through one or two cycles of warm-up and cosine wave over the step hint.
 * Each cycle has the whole warm-up, as in the original.
 */
export const submission = fromOptimizer({
  name: "cyclic_lr",
  title: "Cyclic LR",
  cite: algoperfCompetition,
  points: [
    { ...second, cycles: 1 },
    { ...third, cycles: 1 },
    { ...fifth, cycles: 1 },
    { ...first, cycles: 2 },
    { ...fifth, cycles: 2 },
  ],
  optimizer: nadamwOf,
  schedule: ({ warmup_factor, cycles }, { stepHint, share }) =>
    warmCosineCycles(stepHint, share(warmup_factor), cycles),
});

/** Cycles of steps/cycles steps, of which the first `warmup` rise from 0; after the last one 0. */
function warmCosineCycles(steps: number, warmup: number, cycles: number): Schedule {
  const cycle = steps / cycles;
  return (k) => {
    const t = k - 1;
    if (t >= steps) return 0;
    const since = t % cycle;
    if (since < warmup) return since / warmup;
    return (1 + Math.cos((Math.PI * (since - warmup)) / (cycle - warmup))) / 2;
  };
}
