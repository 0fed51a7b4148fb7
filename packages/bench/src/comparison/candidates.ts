import { metricOf } from "@steepest/workloads";
import { mean, median } from "../statistics/descriptive.js";
import type { ComparedSubmission, ComparisonPlan } from "./plan.js";
import type { CurvePoint, TrialRecord } from "./record.js";
import { bestOf, compareNumbers, compareValues, merit, type Scale } from "./scale.js";

/**
 * What one seed gave at one point. A trial without a result did not reach the target; what it did not measure
 * is undefined.
 */
export interface SeedFinding {
  readonly kind: TrialRecord["outcome"]["kind"];
  readonly steps: number;
  readonly cpuSeconds: number;
  readonly best: number | undefined;
  readonly validation: number | undefined;
  readonly test: number | undefined;
  readonly curve: readonly CurvePoint[];
}

/** What all seeds gave at one point. */
export interface PointFindings {
  readonly learningRate: number | undefined;
  readonly seeds: readonly SeedFinding[];
  readonly medianSteps: number;
  /** A seed of which nothing was measured counts as the worst. */
  readonly medianBest: number;
}

/** A submission at all its points, of which one was chosen. */
export interface Candidate {
  readonly submission: ComparedSubmission;
  readonly points: readonly PointFindings[];
  readonly chosen: PointFindings;
  readonly failures: readonly string[];
}

/** Gathers the findings of a submission's trials and chooses its point. */
export function candidateOf(
  scale: Scale,
  plan: ComparisonPlan,
  submission: ComparedSubmission,
  records: readonly TrialRecord[],
): Candidate {
  const points = submission.points.map(({ learningRate }, point): PointFindings => {
    const seeds = records
      .filter((record) => record.point === point)
      .toSorted((a, b) => a.seed - b.seed)
      .map((record) => findingOf(scale, record));
    return {
      learningRate,
      seeds,
      medianSteps: median(seeds.map(({ steps }) => steps)),
      medianBest: median(seeds.map(({ best = scale.worst }) => best)),
    };
  });
  const chosen = points.reduce((best, point) =>
    (compareNumbers(point.medianSteps, best.medianSteps) ||
      compareValues(scale, point.medianBest, best.medianBest)) < 0
      ? point
      : best,
  );
  const failures = records.flatMap(({ outcome, point, seed }) =>
    outcome.kind === "completed"
      ? []
      : [
          `${submission.points[point]?.optimizer ?? ""} seed ${plan.seeds[seed]} ${outcome.kind}: ${outcome.reason}`,
        ],
  );
  return { submission, points, chosen, failures };
}

function findingOf(scale: Scale, { outcome, curve }: TrialRecord): SeedFinding {
  const { metric } = scale;
  if (outcome.kind !== "completed") {
    const values = curve.map((point) => metricOf(point, metric)).filter(Number.isFinite);
    return {
      kind: outcome.kind,
      steps: Number.POSITIVE_INFINITY,
      cpuSeconds: Number.POSITIVE_INFINITY,
      best: bestOf(scale, values),
      validation: undefined,
      test: undefined,
      curve,
    };
  }
  const { target, best, validation, test } = outcome.result;
  const hit = target?.reached === true ? target : undefined;
  return {
    kind: "completed",
    steps: hit?.step ?? Number.POSITIVE_INFINITY,
    cpuSeconds: hit?.cpuSeconds ?? Number.POSITIVE_INFINITY,
    best: metricOf(best, metric),
    validation: metricOf(validation, metric),
    test: metricOf(test, metric),
    curve,
  };
}

/** Whether any seed at the chosen point came to its end. */
export const isMeasured = ({ chosen }: Candidate): boolean =>
  chosen.seeds.some(({ kind }) => kind === "completed");

/** Mean over the seeds at the chosen point of the merit on validation. */
export const meanMerit = (scale: Scale, { chosen }: Candidate): number =>
  mean(chosen.seeds.map(({ validation = scale.worst }) => merit(scale, validation)));
