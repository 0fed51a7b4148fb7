import { type RandomStream, randomStream } from "@steepest/random";
import { type CensoredTime, censoredMedian, logRankTest, pairedLogRankTest } from "../statistics/censored.js";
import { type Interval, meanInterval, ratioInterval } from "../statistics/intervals.js";
import { pairedDifference, pairedStudentTest, signedRankTest } from "../statistics/paired.js";
import { pairsNeeded } from "../statistics/power.js";
import type { Calibration, PromisedShare } from "./calibration.js";

/*
 * The procedures by themselves.
 */

type Law = (stream: RandomStream) => number;

const times = (count: number, stream: RandomStream, law: Law): readonly number[] =>
  Array.from({ length: count }, () => law(stream));

const normal: Law = (stream) => stream.normal();
const logNormal: Law = (stream) => Math.exp(0.3 * stream.normal());
/** Of {@link logNormal}: exp(σ²/2). */
const logNormalMean = Math.exp(0.3 ** 2 / 2);

/** Counts one case where something is so. */
const counting =
  (name: string, holds: (stream: RandomStream) => boolean) =>
  (seed: number): { readonly counted: number; readonly cases: number } => ({
    counted: holds(randomStream(seed, "calibrated", name)) ? 1 : 0,
    cases: 1,
  });

const covers = ({ low, high }: Interval, truth: number): boolean => low <= truth && truth <= high;

const covered: PromisedShare = { between: [0.93, 0.97] };
const falsely: PromisedShare = { atMost: 0.05 };

const intervalOf = (
  name: string,
  what: string,
  law: string,
  holds: (stream: RandomStream) => boolean,
  runs = 2000,
): Calibration => ({
  name,
  counts: `${what} covers the truth`,
  ...{ law, promised: covered, runs, simulate: counting(name, holds) },
});

/** Log-normal times of which about a third is cut off by a run's end that has nothing to do with them. */
const censoredTime = (stream: RandomStream): CensoredTime => {
  const [time, end] = [Math.exp(0.5 * stream.normal()), Math.exp(0.3 + 0.5 * stream.normal())];
  return time <= end ? { time, reached: true } : { time: end, reached: false };
};

const censoredTimes = (count: number, stream: RandomStream): readonly CensoredTime[] =>
  Array.from({ length: count }, () => censoredTime(stream));

/** The effect of which the power is simulated, in standard deviations. */
const effect = 0.8;

/** Intervals, tests of censored times, and the plan of how many pairs are needed. */
export const procedureCalibrations: readonly Calibration[] = [
  intervalOf("mean-3-normal", "the interval of a mean", "3 normal values", (stream) =>
    covers(meanInterval(times(3, stream, normal)), 0),
  ),
  intervalOf("mean-5-skewed", "the interval of a mean", "5 log-normal values", (stream) =>
    covers(meanInterval(times(5, stream, logNormal)), logNormalMean),
  ),
  intervalOf(
    "mean-40-skewed",
    "the interval of a mean (BCa)",
    "40 log-normal values",
    (stream) => covers(meanInterval(times(40, stream, logNormal)), logNormalMean),
    400,
  ),
  intervalOf("ratio-5", "the interval of a geometric mean", "5 log-normal ratios", (stream) =>
    covers(ratioInterval(times(5, stream, logNormal)), 1),
  ),
  intervalOf("paired-3", "the interval of a paired difference", "3 normal pairs", (stream) => {
    const seeds = times(3, stream, normal);
    const [a, b] = [0, 0].map(() => seeds.map((seed) => seed + stream.normal()));
    return covers(pairedDifference(a ?? [], b ?? []), 0);
  }),
  intervalOf(
    "censored-median-20",
    "the interval of a median time (Kaplan-Meier)",
    "20 log-normal times, a third of them cut off at random",
    (stream) => covers(censoredMedian(censoredTimes(20, stream)), 1),
  ),
  {
    name: "log-rank-5",
    counts: "the log-rank test tells equal times apart",
    law: "5 against 5 log-normal times, a third of them cut off at random",
    ...{ promised: falsely, runs: 1000 },
    simulate: counting(
      "log-rank-5",
      (stream) => logRankTest(censoredTimes(5, stream), censoredTimes(5, stream)) <= 0.05,
    ),
  },
  {
    name: "paired-log-rank-8",
    counts: "the paired log-rank test tells equal times apart",
    law: "8 pairs of log-normal times, a third of them cut off at random",
    ...{ promised: falsely, runs: 1000 },
    simulate: counting(
      "paired-log-rank-8",
      (stream) => pairedLogRankTest(censoredTimes(8, stream), censoredTimes(8, stream)) <= 0.05,
    ),
  },
  {
    name: "signed-rank-8",
    counts: "the signed-rank test tells equal values apart",
    law: "8 differences of log-normal values",
    ...{ promised: falsely, runs: 1000 },
    simulate: counting(
      "signed-rank-8",
      (stream) => signedRankTest(times(8, stream, (draw) => logNormal(draw) - logNormal(draw))) <= 0.05,
    ),
  },
  {
    name: "planned-pairs",
    counts: `a difference of ${effect} standard deviations is told by as many pairs as were planned`,
    law: `${pairsNeeded(effect)} normal differences`,
    ...{ promised: { between: [0.8, 0.85] }, runs: 2000 },
    simulate: counting(
      "planned-pairs",
      (stream) =>
        pairedStudentTest(times(pairsNeeded(effect), stream, (draw) => effect + draw.normal())) < 0.05,
    ),
  },
];
