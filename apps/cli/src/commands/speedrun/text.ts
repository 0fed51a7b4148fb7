import { format } from "@steepest/report";
import type { BoardEntry, Track } from "@steepest/speedrun";

/** Columns of text in a file or a pipe. */
export const widthWithoutTerminal = 110;

/** What a track asks for, in a few words. */
export const goalText = ({ measure, target }: Track): string =>
  `${measure === "steps" ? "fewest steps" : "least time"} to ${target.loss.toFixed(2)}`;

/** What a submission may change. */
export const changesText = ({ changes }: Track): string =>
  changes === "optimizer" ? "the optimizer alone" : "anything";

/** The track's rule of significance. */
export function ruleText({ significance, target }: Track): string {
  if (significance.kind === "margin")
    return `(${target.loss} − mean)·√n ≥ ${significance.threshold} over n seeds`;
  return `a one-sided t-test over the seeds has p ≤ ${significance.p}`;
}

/** Hyper-parameters as people read them. */
export const pointText = (point: Readonly<Record<string, number | boolean | string>>): string =>
  Object.entries(point)
    .map(([name, value]) => `${name} ${typeof value === "number" ? format.number(value) : value}`)
    .join(", ");

/** A loss; a dash where training diverged. */
export const lossText = (loss: number | null): string =>
  loss === null || !Number.isFinite(loss) ? "diverged" : loss.toFixed(4);

/** The stop step of what reached the target beside the baseline's. */
export function besideText({ besideBaseline, target }: BoardEntry): string {
  if (besideBaseline === undefined) return "baseline";
  const { fewerSteps } = besideBaseline;
  if (!target.reached) return "–";
  return `${fewerSteps < 0 ? "+" : "−"}${format.percent(Math.abs(fewerSteps), 0)}`;
}
