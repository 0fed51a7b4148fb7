import { median } from "../statistics/descriptive.js";
import { type Arrival, arrivalOf } from "./arrivals.js";
import { type Exclusion, slowestRatio } from "./exclusion.js";
import type { ScoredField } from "./field.js";
import type { TrialLog } from "./logs/collect.js";
import { clockReadings, figure } from "./rules/clock.js";
import type { WorkloadTarget } from "./rules/ruleset.js";
import { bestTrial, type Evidence, type ScoringMode, type SolvedTrial, type TimesToTarget } from "./times.js";

/** Why a cell of the grid is what it is. */
export type CellKind = "solved" | "no target" | "over budget" | "4x rule" | "held-out rule" | "missing";

/** One submission on one workload. */
export interface Cell {
  readonly submission: string;
  readonly workload: string;
  readonly kind: CellKind;
  /**
   * The median over the studies before the rules; infinite where the target was not reached, NaN without
   * logs.
   */
  readonly seconds: number;
  /** How many times the fastest, after the rules; infinite where the workload does not count as solved. */
  readonly ratio: number;
  /** One sentence: the logs behind a time, or what made it infinite. */
  readonly reason: string;
  /** What all studies say of the time, whatever the rules make of it; absent without logs. */
  readonly arrival?: Arrival;
}

const timeOn = ({ clock }: WorkloadTarget, value: number): string => clockReadings(clock).text(figure(value));

const condition = ({ metric, direction, target }: WorkloadTarget): string =>
  `${metric} ${direction === "min" ? "<=" : ">="} ${target}`;

const placeOf = ({ study, folder, trial }: TrialLog): string => `${study}/${folder}/${trial}`;

/** What one study found on one workload. */
interface StudyFinding {
  readonly trials: readonly TrialLog[];
  readonly best: SolvedTrial | undefined;
}

/** The middle study of an odd count, the two middle ones of an even count. */
function middle(findings: readonly StudyFinding[]): readonly SolvedTrial[] {
  const time = ({ best }: StudyFinding): number => best?.hit.seconds ?? Number.POSITIVE_INFINITY;
  const ordered = findings.toSorted((a, b) => (time(a) < time(b) ? -1 : 1));
  const half = (ordered.length - 1) / 2;
  return [...new Set([ordered[Math.floor(half)], ordered[Math.ceil(half)]])].flatMap(
    (found) => found?.best ?? [],
  );
}

/** The trial that came nearest to a target that none of them reached in time. */
function nearest(findings: readonly StudyFinding[], { direction }: WorkloadTarget): TrialLog | undefined {
  const sign = direction === "min" ? -1 : 1;
  return findings
    .filter(({ best }) => best === undefined)
    .flatMap(({ trials }) => trials)
    .filter(({ best }) => !Number.isNaN(best))
    .reduce<TrialLog | undefined>(
      (found, trial) => (found === undefined || sign * trial.best > sign * found.best ? trial : found),
      undefined,
    );
}

function solvedReason(findings: readonly StudyFinding[], workload: WorkloadTarget): string {
  const hits = middle(findings).map(
    (trial) =>
      `${placeOf(trial)} at line ${trial.hit.line} (step ${trial.hit.step}, ${timeOn(workload, trial.hit.seconds)})`,
  );
  const of = findings.length === 1 ? "the only study" : `the median of ${findings.length} studies`;
  return `${of}: ${hits.join(" and ")}`;
}

function unsolved(
  findings: readonly StudyFinding[],
  workload: WorkloadTarget,
  budget: number,
): Pick<Cell, "kind" | "reason"> {
  const reached = findings.filter(({ best }) => best !== undefined).length;
  const late = findings
    .filter(({ best }) => best === undefined)
    .flatMap(({ trials }) =>
      trials.flatMap((trial) => (trial.late === undefined ? [] : { trial, hit: trial.late })),
    )
    .toSorted((a, b) => a.hit.seconds - b.hit.seconds);
  const inTime = findings.map(({ best, trials }) =>
    best !== undefined || trials.some((trial) => trial.late !== undefined) ? 0 : Number.POSITIVE_INFINITY,
  );
  const share = `${reached} of ${findings.length} ${findings.length === 1 ? "study" : "studies"} reached ${condition(workload)}`;
  const [first] = late;
  if (first !== undefined && median(inTime) === 0)
    return {
      kind: "over budget",
      reason: `over budget: ${share} within ${timeOn(workload, budget)}; ${placeOf(first.trial)} did at ${timeOn(workload, first.hit.seconds)} (line ${first.hit.line})`,
    };
  const close = nearest(findings, workload);
  const best =
    close === undefined ? "" : `; of the others the nearest is ${figure(close.best)} in ${placeOf(close)}`;
  return { kind: "no target", reason: `no target: ${share}${best}` };
}

/** Explains every cell of the grid. */
export function explainCells(
  { workloads, submissions }: TimesToTarget,
  field: ScoredField,
  evidence: Evidence,
  { mode, budget }: { readonly mode: ScoringMode; readonly budget: (workload: WorkloadTarget) => number },
): readonly Cell[] {
  const fastest = workloads.map((_, column) => {
    const row = field.seconds.findIndex((times) => times[column] === field.fastest[column]);
    return submissions[row]?.name;
  });
  const least = workloads.map((_, column) =>
    field.seconds.reduce((low, times) => Math.min(low, finite(times[column])), Number.POSITIVE_INFINITY),
  );

  return submissions.flatMap((submission, row) => {
    const findingsOf = (workload: WorkloadTarget): readonly StudyFinding[] =>
      submission.studies
        .map(({ name }) => evidence.trials(submission.name, name, workload.name))
        .filter((trials) => trials.length > 0)
        .map((trials) => ({ trials, best: bestTrial(trials, mode) }));

    /** Why the logs alone make it infinite, or what made them count so. */
    const explain = (column: number, seen: readonly number[] = []): Pick<Cell, "kind" | "reason"> => {
      const workload = workloads[column];
      if (workload === undefined) return { kind: "missing", reason: "missing: not a workload of the rules" };
      const median = field.medians[row]?.[column] ?? Number.NaN;
      const cause: Exclusion | undefined = field.causes[row]?.[column];
      if (Number.isNaN(median)) return { kind: "missing", reason: "missing: no usable log" };
      const findings = findingsOf(workload);
      if (median === Number.POSITIVE_INFINITY) return unsolved(findings, workload, budget(workload));
      if (cause === undefined) return { kind: "solved", reason: solvedReason(findings, workload) };
      if (cause === "slow") {
        const least = field.fastest[column] ?? Number.NaN;
        return {
          kind: "4x rule",
          reason: `4x rule: ${timeOn(workload, median)} is ${figure(median / least)} times the ${timeOn(workload, least)} of ${fastest[column]}, more than ${slowestRatio}`,
        };
      }
      const others = workloads.flatMap((other, at) =>
        !seen.includes(at) &&
        (cause === "base" ? other.name === workload.base : other.base === workload.name) &&
        !Number.isFinite(field.seconds[row]?.[at])
          ? [{ name: other.name, at }]
          : [],
      );
      const why = others.map(({ name, at }) => `${name} does not (${explain(at, [...seen, column]).reason})`);
      return {
        kind: "held-out rule",
        reason: `held-out rule: ${timeOn(workload, median)} counts only where its ${cause === "base" ? "base workload" : "variant"} is solved, and ${why.join(", ")}`,
      };
    };

    return workloads.map((workload, column) => {
      const arrival = arrivalOf(
        submission.studies.map(({ seconds }) => seconds[column] ?? Number.NaN),
        workload,
      );
      return {
        submission: submission.name,
        workload: workload.name,
        ...explain(column),
        seconds: field.medians[row]?.[column] ?? Number.NaN,
        ratio: finite((field.seconds[row]?.[column] ?? Number.NaN) / (least[column] ?? Number.NaN)),
        ...(arrival === undefined ? {} : { arrival }),
      };
    });
  });
}

/** NaN, of what is missing, as infinite. */
const finite = (value: number | undefined): number =>
  value === undefined || Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
