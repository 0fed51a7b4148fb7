import { randomStream } from "@steepest/random";
import { bootstrapField } from "../scoring/bootstrap.js";
import { scoreField } from "../scoring/field.js";
import type { WorkloadTarget } from "../scoring/rules/ruleset.js";
import { comparePairs, type PairVerdict } from "../scoring/sensitivity.js";
import type { TimesToTarget } from "../scoring/times.js";
import { significance } from "../statistics/verdict.js";
import type { Calibration } from "./calibration.js";

/*
 * Fields of submissions whose true times are known, judged by what `steepest score` judges real ones by:
 * times are log-normal around a submission's pace on a workload, and beyond the budget the target is missed.
 */

const workloads = Array.from(
  { length: 8 },
  (_, index): WorkloadTarget => ({
    ...{ name: `workload-${index}`, metric: "validation/accuracy", direction: "max", target: 0.5 },
  }),
);
const scoring = { mode: "exact", tauMax: 4 } as const;

/** A law of fields of submissions. */
interface FieldLaw {
  /** The pace of each submission on each workload. */
  readonly paces: readonly (readonly number[])[];
  /** The standard deviation of the logarithm of a time. */
  readonly scatter: number;
  /** The part of its variance that the workloads of a study share, 0 by default. */
  readonly shared?: number;
  /** Beyond so many times the pace of 1 the target is missed, 5 by default. */
  readonly budget?: number;
}

/** A field drawn from its law; without scatter it is the truth. */
function draw(
  { paces, scatter, shared = 0, budget = 5 }: FieldLaw,
  studies: number,
  seed: number,
): TimesToTarget {
  const { normal } = randomStream(seed, "calibrated-field", studies);
  return {
    workloads,
    submissions: paces.map((row, index) => ({
      name: `submission-${index}`,
      studies: Array.from({ length: studies }, (_, study) => {
        const common = shared === 0 ? 0 : Math.sqrt(shared) * normal();
        return {
          name: `study-${study}`,
          seconds: row.map((pace) => {
            const seconds = 100 * pace * Math.exp(scatter * (common + Math.sqrt(1 - shared) * normal()));
            return seconds > 100 * budget ? Number.POSITIVE_INFINITY : seconds;
          }),
        };
      }),
    })),
  };
}

/** Six submissions that differ as those of a leaderboard do, by a half from best to worst and by workload. */
const leaderboard: FieldLaw = (() => {
  const { normal } = randomStream(1, "calibrated-paces");
  return {
    paces: Array.from({ length: 6 }, (_, index) =>
      workloads.map(() => 1.1 ** index * Math.exp(0.15 * normal())),
    ),
    scatter: 0.2,
  };
})();

/** One submission under two names among two others. */
const twice: FieldLaw = {
  paces: [1, 1, 1.3, 2].map((pace) => workloads.map(() => pace)),
  scatter: 0.3,
};

/** Six submissions of one pace: that of the fastest is then as biased as it can be. */
const equal: FieldLaw = { paces: leaderboard.paces.map((row) => row.map(() => 1)), scatter: 0.2 };

const coverage = (
  name: string,
  law: FieldLaw,
  described: string,
  studies: number,
  between: readonly [low: number, high: number] = [0.93, 0.97],
): Calibration => {
  const truth = scoreField(draw({ ...law, scatter: 0 }, 1, 0), scoring).scores;
  return {
    name: `score-intervals-${name}`,
    counts: "score: intervals of scores cover the score of the true medians",
    law: `${studies} studies, 8 workloads, 6 submissions, ${described}`,
    ...{ promised: { between }, runs: 300 },
    simulate(seed) {
      const times = draw(law, studies, seed);
      const field = scoreField(times, scoring);
      const { intervals } = bootstrapField(times, field, { ...scoring, replicates: 200, seed });
      const covered = intervals.filter(({ low, high }, row) => {
        const score = truth[row] ?? Number.NaN;
        return low - 1e-9 <= score && score <= high + 1e-9;
      });
      return { counted: covered.length, cases: intervals.length };
    },
  };
};

const logNormal = "log-normal times to the target";

/** One submission under two names, both among the first, told apart by what `tells` looks at. */
const underTwoNames = (
  name: string,
  counts: string,
  law: FieldLaw,
  tells: (pair: PairVerdict) => boolean,
): Calibration => ({
  ...{ name, counts, promised: { atMost: 0.05 }, runs: 1000 },
  law: `5 studies, 8 workloads, two others in the field, ${logNormal}`,
  simulate(seed) {
    const [pair] = comparePairs(draw(law, 5, seed), scoring);
    return { counted: pair !== undefined && tells(pair) ? 1 : 0, cases: 1 };
  },
});

/** Submissions under two names, and the intervals of scores. */
export const scoreCalibrations: readonly Calibration[] = [
  underTwoNames(
    "score-2-names-5-studies",
    "score: one submission under two names, told apart",
    twice,
    ({ distinguishable }) => distinguishable,
  ),
  underTwoNames(
    "times-2-names-5-studies",
    "score: one submission under two names, told apart by its times, of which a third missed the target",
    { ...twice, shared: 0.3, budget: 1.14 },
    ({ timesPValue }) => timesPValue < significance,
  ),
  ...[2, 3, 5, 10].map((studies) => coverage(`${studies}-studies`, leaderboard, logNormal, studies)),
  coverage(
    "dependent-studies",
    { ...leaderboard, shared: 0.5 },
    `${logNormal}, half of their variance shared by the workloads of a study`,
    5,
  ),
  coverage("equal-submissions", equal, `all of one pace, ${logNormal}`, 5),
  // Near the budget a median is now finite and now infinite, and studies that agree hide it.
  coverage(
    "missed-targets",
    { ...leaderboard, budget: 1.5 },
    `${logNormal}, budgets that many of them narrowly miss`,
    5,
    [0.75, 0.97],
  ),
];
