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
  const p = oneSided(losses.map((loss) => target - loss));
  const reached = p <= significance.p;
  const computed = `mean ${average.toFixed(4)} of ${losses.length} against ${target}: one-sided p = ${p.toPrecision(2)}`;
  return { reached, reason: `${computed} ${reached ? "≤" : ">"} ${significance.p}` };
}

/** A result as the pairwise rule sees it. */
export interface PairwiseSide {
  readonly name: string;
  readonly steps: number;
  readonly runs: readonly { readonly seed: number; readonly loss: number; readonly seconds: number }[];
  /** What its times were taken on. */
  readonly machine: string;
}

/** Whether the first of two results is shown to be better, and what was computed. */
export interface PairwiseVerdict {
  readonly better: boolean;
  readonly reason: string;
}

/** Whether a result is shown to be better than another by the track's rule. */
export function judgePair(
  { pairwise: rule }: Pick<Track, "pairwise">,
  result: PairwiseSide,
  other: PairwiseSide,
): PairwiseVerdict {
  const against = `${result.name} against ${other.name}`;
  if (rule.kind === "margin") {
    const lower = meanLoss(other) - meanLoss(result);
    const fewer = (rule.lossPerHundredSteps * (other.steps - result.steps)) / 100;
    const statistic = (lower + fewer) / Math.sqrt(1 / result.runs.length + 1 / other.runs.length);
    const better = statistic >= rule.threshold;
    return { better, reason: `${against} ${statistic.toFixed(4)} ${better ? "≥" : "<"} ${rule.threshold}` };
  }
  if (result.machine !== other.machine)
    return { better: false, reason: `${against}: times of two machines are not compared` };
  const saved = result.runs.flatMap(({ seed, seconds }) => {
    const pair = other.runs.find((run) => run.seed === seed);
    return pair === undefined ? [] : [pair.seconds - seconds];
  });
  if (saved.length < 2) return { better: false, reason: `${against}: too few runs of the same seeds` };
  const p = oneSided(saved);
  const better = p <= rule.p;
  const average = mean(saved).toFixed(1);
  return {
    better,
    reason: `${against} ${average} s faster: p = ${p.toPrecision(2)} ${better ? "≤" : ">"} ${rule.p}`,
  };
}

const meanLoss = ({ runs }: PairwiseSide): number => mean(runs.map(({ loss }) => loss));

/** The p-value of "their mean is not above 0", by Student's test. */
function oneSided(values: readonly number[]): number {
  const { pValue } = studentTest(values);
  return mean(values) > 0 ? pValue / 2 : 1 - pValue / 2;
}
