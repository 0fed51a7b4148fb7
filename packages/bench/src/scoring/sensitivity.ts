import { stratifiedLogRankTest } from "../statistics/censored.js";
import { mean } from "../statistics/descriptive.js";
import { exchangeTest } from "../statistics/exchange.js";
import { moreInEach } from "../statistics/power.js";
import { significance } from "../statistics/verdict.js";
import { censored } from "./arrivals.js";
import { medianTimes, type ScoredField, type ScoringOptions, scoreField, scoreMedians } from "./field.js";
import { naturalOrder } from "./logs/naturalOrder.js";
import { ranksOf } from "./profile.js";
import type { SubmissionTimes, TimesToTarget } from "./times.js";

/** What is left out of a field, and how a submission then stands. */
export interface LeftOut {
  /** Name of the study, the workload or the other submission. */
  readonly left: string;
  readonly score: number;
  readonly rank: number;
}

/** How one submission stands with one thing left out at a time. */
export interface LeaveOneOut {
  /** Of the studies, the one of each name out of every submission (of which something is left). */
  readonly studies: readonly LeftOut[];
  /** Of the base workloads, each with its variants. */
  readonly workloads: readonly LeftOut[];
  /**
   * Of the other submissions. The place of the one left out stays counted, so that ranks differ only where an
   * order changes.
   */
  readonly submissions: readonly LeftOut[];
}

/** Ranks with one thing left out at a time, for each submission. */
export function leaveOneOut(times: TimesToTarget, options: ScoringOptions): readonly LeaveOneOut[] {
  const { workloads, submissions } = times;
  const whole = scoreField(times, options);
  const places = ranksOf(whole.scores);

  const variation = (name: string, { scores }: ScoredField) => ({ name, scores, ranks: ranksOf(scores) });

  const studyNames = [...new Set(submissions.flatMap(({ studies }) => studies.map(({ name }) => name)))];
  const withoutStudy = studyNames.toSorted(naturalOrder).map((out) => {
    const rest = submissions.map(({ name, studies }) => {
      const kept = studies.filter((study) => study.name !== out);
      return { name, studies: kept.length === 0 ? studies : kept };
    });
    return variation(out, scoreField({ workloads, submissions: rest }, options));
  });

  const withoutWorkload = workloads
    .filter(({ base }) => base === undefined)
    .map(({ name }) => {
      const kept = workloads.map((workload) => workload.name !== name && workload.base !== name);
      const medians = whole.medians.map((row) => row.filter((_, column) => kept[column]));
      const rest = workloads.filter((_, column) => kept[column]);
      return variation(name, scoreMedians(medians, rest, options));
    });

  const withoutSubmission = submissions.map(({ name }, out) => {
    const others = whole.medians.filter((_, row) => row !== out);
    return { out, ...variation(name, scoreMedians(others, workloads, options)) };
  });

  return submissions.map((_, row) => ({
    studies: withoutStudy.length < 2 ? [] : withoutStudy.map((left) => standing(left, row)),
    workloads: withoutWorkload.length < 2 ? [] : withoutWorkload.map((left) => standing(left, row)),
    submissions: withoutSubmission
      .filter(({ out }) => out !== row)
      .map(({ out, ...left }) => {
        const found = standing(left, row > out ? row - 1 : row);
        const wasAhead = (places[out] ?? 0) < (places[row] ?? 0);
        return wasAhead ? { ...found, rank: found.rank + 1 } : found;
      }),
  }));
}

/** Scores and ranks of a field from which something named is left out. */
interface Variation {
  readonly name: string;
  readonly scores: readonly number[];
  readonly ranks: readonly number[];
}

const standing = ({ name, scores, ranks }: Variation, row: number): LeftOut => ({
  left: name,
  score: scores[row] ?? Number.NaN,
  rank: ranks[row] ?? Number.NaN,
});

/** Two submissions, and whether their studies can tell their scores apart. */
export interface PairVerdict {
  readonly first: string;
  readonly second: string;
  /** Score of the first minus that of the second. */
  readonly difference: number;
  readonly pValue: number;
  readonly distinguishable: boolean;
  /**
   * How many more studies of each would tell them apart with a chance of 80 %, were their studies' mean scores
   * and scatter those seen; infinite where no difference is seen. Absent where they are distinguishable.
   */
  readonly moreStudies?: number;
  /**
   * Of "both take equally long to every target": the log-rank test of the times themselves, those that were
   * not reached included, over all base workloads; a study is exchanged whole. Whatever the rest of the field
   * does, and without the rules.
   */
  readonly timesPValue: number;
}

/** Exchanges that are tried for one pair: every one for five studies against five. */
const mostExchanges = 252;

/**
 * Every pair of submissions under the exact exchange test: would scores as far apart come from one submission
 * whose studies were dealt out at random? A study is scored by itself, among the medians of the other
 * submissions and that of the pair's studies together, so that nothing but its times depends on whose it is.
 * Each pair stands for itself at the level `alpha`: with five studies (p >= 0.008) no correction for dozens
 * of pairs could ever be met.
 */
export function comparePairs(
  times: TimesToTarget,
  options: ScoringOptions & { readonly alpha?: number; readonly seed?: number },
): readonly PairVerdict[] {
  const { workloads, submissions } = times;
  const { medians, scores } = scoreField(times, options);
  const { alpha = significance, seed = 0 } = options;
  const timesOf = ({ studies }: SubmissionTimes) =>
    studies.map(({ seconds }) =>
      workloads.map(({ base }, column) =>
        base === undefined ? censored(seconds[column] ?? Number.NaN) : undefined,
      ),
    );
  return submissions.flatMap((one, a) =>
    submissions.slice(a + 1).map((other, offset) => {
      const b = a + 1 + offset;
      const others = medians.filter((_, row) => row !== a && row !== b);
      const both = medianTimes([...one.studies, ...other.studies], workloads.length);
      const alone = ({ studies }: SubmissionTimes, own: readonly number[] = []): readonly number[] =>
        studies.map(({ seconds }) => {
          // A study without a log on some workload is judged by what its submission's other studies did
          // there.
          const row = seconds.map((time, column) => (Number.isNaN(time) ? (own[column] ?? time) : time));
          return scoreMedians([row, both, ...others], workloads, options).scores[0] ?? 0;
        });
      const [left, right] = [alone(one, medians[a]), alone(other, medians[b])];
      const pValue = exchangeTest(left, right, (some, rest) => mean(some) - mean(rest), {
        ...{ most: mostExchanges, seed },
      });
      const distinguishable = pValue < alpha;
      const timesPValue = stratifiedLogRankTest(timesOf(one), timesOf(other), { most: mostExchanges, seed });
      return {
        first: one.name,
        second: other.name,
        difference: (scores[a] ?? 0) - (scores[b] ?? 0),
        ...{ pValue, distinguishable, timesPValue },
        ...(distinguishable ? {} : { moreStudies: moreInEach(left, right, { alpha }) }),
      };
    }),
  );
}
