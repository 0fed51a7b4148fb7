import { SteepestError } from "@steepest/optim";
import type { Interval } from "../statistics/intervals.js";
import { significance } from "../statistics/verdict.js";
import { type Band, bootstrapField } from "./bootstrap.js";
import { type Cell, explainCells } from "./cells.js";
import { scoreField } from "./field.js";
import { type Irregularity, irregularities } from "./irregularities.js";
import { collectLogs, type FileRemark } from "./logs/collect.js";
import { type LogSource, openLogs } from "./logs/read.js";
import { checkTauMax, ranksOf, scoreOf, tauGrid } from "./profile.js";
import { budgetOf, type Ruleset, type Tuning, type WorkloadTarget } from "./rules/ruleset.js";
import { targetsOfRuns } from "./rules/runTargets.js";
import { comparePairs, type LeaveOneOut, leaveOneOut, type PairVerdict } from "./sensitivity.js";
import { evidenceOf, type ScoringMode, type TimesToTarget, timesToTarget } from "./times.js";

/** How logs are scored. */
export interface ScoreLogsOptions {
  /**
   * `official` (default) follows the official scorer's peculiarities, so that its figures come out; `exact`
   * integrates exactly and takes the fastest trial.
   */
  readonly mode?: ScoringMode;
  /** Found from the folders where absent, else external. */
  readonly tuning?: Tuning;
  /** Where profiles end, 4 by default. */
  readonly tauMax?: number;
  /** Whether held-out variants decide about their base workloads; true by default. */
  readonly heldOut?: boolean;
  /** Bootstrap replicates, 2000 by default. */
  readonly replicates?: number;
  readonly seed?: number;
}

/** One submission's line. */
export interface SubmissionScore {
  readonly name: string;
  readonly score: number;
  /** 95 %, by the bootstrap over studies; its bias removed. */
  readonly interval: Interval;
  /** From 1; equal scores share the better rank. */
  readonly rank: number;
  readonly studies: number;
  /** With one study, workload or submission left out at a time. */
  readonly leaveOneOut: LeaveOneOut;
  /** Submissions whose studies cannot be told from its own, and how many more of each would do it. */
  readonly notDistinguishable: readonly { readonly name: string; readonly moreStudies: number }[];
  /** Of the base workloads; infinite where not solved. */
  readonly ratios: readonly number[];
  /** ρ(τ) on the grid of {@link ScoreReport.taus}, over the bootstrap. */
  readonly band: Band;
  /** The score if profiles ended at each τ of the grid. */
  readonly scoreByTauMax: readonly number[];
}

/** All that is known of a set of logs. */
export interface ScoreReport {
  readonly rules: string;
  readonly mode: ScoringMode;
  readonly tuning: Tuning;
  readonly tauMax: number;
  readonly taus: readonly number[];
  readonly replicates: number;
  /** The p-value below which two submissions are told apart. */
  readonly significance: number;
  readonly logs: number;
  /** Best first. */
  readonly submissions: readonly SubmissionScore[];
  /** Base workloads, then held-out variants. */
  readonly workloads: readonly WorkloadTarget[];
  readonly cells: readonly Cell[];
  readonly pairs: readonly PairVerdict[];
  /** Unusual, and scored as it is. */
  readonly irregularities: readonly Irregularity[];
  /** Damaged or refused, and left out. */
  readonly damage: readonly FileRemark[];
  readonly times: TimesToTarget;
}

/**
 * Reads AlgoPerf's logs from a folder or archive and scores them. Where they are of none of the ruleset's
 * workloads but were written by this project, the targets that its trials name are taken instead.
 *
 * @throws SteepestError `invalid-value` where there is no log of any workload of the rules
 */
export async function scoreLogs(
  path: string,
  ruleset: Ruleset,
  {
    mode = "official",
    tauMax = 4,
    heldOut = true,
    replicates = 2000,
    seed = 0,
    ...options
  }: ScoreLogsOptions = {},
): Promise<ScoreReport> {
  checkTauMax(tauMax);
  const source = await openLogs(path);
  const { rules, logs } = await collect(source, heldOut ? ruleset : withoutVariants(ruleset), options.tuning);
  const evidence = evidenceOf(logs.trials);
  if (logs.trials.length === 0) throw noLogs(path, rules, [...logs.unknown.keys()], logs.damage);
  const times = timesToTarget(logs.trials, evidence, rules, mode);
  const scoring = { mode, tauMax };
  const field = scoreField(times, scoring);
  const ranks = ranksOf(field.scores);
  const resampled = bootstrapField(times, field, { ...scoring, replicates, seed });
  const left = leaveOneOut(times, scoring);
  const pairs = comparePairs(times, { ...scoring, alpha: significance, seed });
  const taus = tauGrid(tauMax);
  const rankOf = new Map(times.submissions.map(({ name }, row) => [name, ranks[row]]));

  const lines = times.submissions.flatMap(({ name, studies }, row): readonly SubmissionScore[] => {
    const [interval, band, leaveOneOut, ratios, score, rank] = [
      resampled.intervals[row],
      resampled.bands[row],
      left[row],
      field.ratios[row],
      field.scores[row],
      ranks[row],
    ];
    if (interval === undefined || band === undefined || leaveOneOut === undefined) return [];
    if (ratios === undefined || score === undefined || rank === undefined) return [];
    const undecided = pairs
      .filter(({ first, second, distinguishable }) => !distinguishable && (first === name || second === name))
      .map(({ first, second, moreStudies = Number.POSITIVE_INFINITY }) => ({
        name: first === name ? second : first,
        moreStudies,
      }))
      .toSorted((a, b) => (rankOf.get(a.name) ?? 0) - (rankOf.get(b.name) ?? 0));
    return [
      {
        ...{ name, score, interval, rank, leaveOneOut, ratios, band },
        studies: studies.length,
        notDistinguishable: undecided,
        scoreByTauMax: taus.map((tau) => (tau > 1 ? scoreOf(ratios, tau, "exact") : ratiosAtOne(ratios))),
      },
    ];
  });
  return {
    ...{ rules: rules.name, mode, tuning: logs.tuning, tauMax, taus, replicates, significance, pairs, times },
    logs: logs.trials.length,
    submissions: lines.toSorted((a, b) => a.rank - b.rank),
    workloads: times.workloads,
    cells: explainCells(times, field, evidence, {
      mode,
      budget: (workload) => budgetOf(workload, rules, logs.tuning),
    }),
    irregularities: irregularities(logs, rules),
    damage: logs.damage,
  };
}

const withoutVariants = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  workloads: ruleset.workloads.filter(({ base }) => base === undefined),
});

/** Reads the logs; where none is of a workload of the rules, against the targets that our own trials name. */
async function collect(source: LogSource, rules: Ruleset, tuning: Tuning | undefined) {
  const logs = await collectLogs(source, rules, tuning);
  if (logs.trials.length > 0 || logs.unknown.size === 0) return { rules, logs };
  const own = await targetsOfRuns(source);
  return own === undefined ? { rules, logs } : { rules: own, logs: await collectLogs(source, own, tuning) };
}

/** The limit of the score as τmax goes to 1: the share of workloads on which nobody is faster. */
const ratiosAtOne = (ratios: readonly number[]): number =>
  ratios.filter((ratio) => ratio <= 1).length / ratios.length;

function noLogs(
  path: string,
  rules: Ruleset,
  unknown: readonly string[],
  damage: readonly FileRemark[],
): SteepestError {
  const [first] = damage;
  const found =
    unknown.length > 0
      ? `, only of ${unknown.slice(0, 5).join(", ")}`
      : first === undefined
        ? ""
        : `: ${first.path} ${first.text}`;
  return new SteepestError(
    "invalid-value",
    `${JSON.stringify(path)} holds no log of a workload of ${rules.name}${found}`,
    "Expected <submission>/study_<i>/<workload>_<framework>/trial_<j>/eval_measurements.csv; name other workloads with --targets FILE.json",
  );
}
