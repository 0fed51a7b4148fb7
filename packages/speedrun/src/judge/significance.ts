import { mean, studentTest } from "@steepest/bench";
import type { Track } from "../track/track.js";

/** Whether the losses of a submission's runs show that its mean is below the target. */
export interface TargetVerdict {
  readonly reached: boolean;
  /** What was computed, and what it had to be: `(1.7 − 1.6931)·√3 = 0.0119 ≥ 0.004`. */
  readonly reason: string;
}

/**
 * The track's rule over the losses of all runs; a run that diverged has none, and then nothing is shown.
 * Runs are never chosen: all of them count.
 */
export function judgeTarget(
  { target: { loss: target }, significance }: Pick<Track, "target" | "significance">,
  losses: readonly number[],
): TargetVerdict {
  const diverged = losses.filter((loss) => !Number.isFinite(loss)).length;
  if (diverged > 0) return { reached: false, reason: `${diverged} of ${losses.length} runs diverged` };
  const average = mean(losses);
  if (significance.kind === "margin") {
    const { threshold } = significance;
    const statistic = (target - average) * Math.sqrt(losses.length);
    const reached = statistic >= threshold;
    const computed = `(${target} − ${average.toFixed(4)})·√${losses.length} = ${statistic.toFixed(4)}`;
    return { reached, reason: `${computed} ${reached ? "≥" : "<"} ${threshold}` };
  }
  if (losses.length < 2) return { reached: false, reason: "one run shows nothing of its spread" };
  const { pValue } = studentTest(losses.map((loss) => target - loss));
  const p = average < target ? pValue / 2 : 1 - pValue / 2;
  const reached = p <= significance.p;
  const computed = `mean ${average.toFixed(4)} of ${losses.length} against ${target}: one-sided p = ${p.toPrecision(2)}`;
  return { reached, reason: `${computed} ${reached ? "≤" : ">"} ${significance.p}` };
}

/** A result as the pairwise rule sees it. */
export interface PairwiseSide {
  readonly steps: number;
  readonly losses: readonly number[];
}

/** The pairwise statistic and what it must be. */
export interface PairwiseVerdict {
  readonly better: boolean;
  readonly statistic: number;
}

/**
 * Whether a result is shown to be better than another: its lower loss, and the loss that its fewer steps
 * would have gained it, over the standard error's shape,
 * (Δloss + rate·Δsteps/100)/√(1/n₁ + 1/n₂) ≥ threshold (modded-nanogpt, track 3).
 */
export function judgePair(
  { pairwise: { lossPerHundredSteps, threshold } }: Pick<Track, "pairwise">,
  result: PairwiseSide,
  other: PairwiseSide,
): PairwiseVerdict {
  const lower = mean(other.losses) - mean(result.losses);
  const fewer = (lossPerHundredSteps * (other.steps - result.steps)) / 100;
  const spread = Math.sqrt(1 / result.losses.length + 1 / other.losses.length);
  const statistic = (lower + fewer) / spread;
  return { better: statistic >= threshold, statistic };
}
