import {
  type ClipSpec,
  type GroupSpec,
  type Optimizer,
  type ParameterSpec,
  type Schedule,
  SteepestError,
} from "@steepest/optim";
import type { SearchRange, SearchSpace } from "../tuning/searchSpace.js";
import { defineSubmission } from "./define.js";
import type { Hyperparameters, SubmissionTuning } from "./hyperparameters.js";
import {
  type BatchFacts,
  batchesInOrder,
  evaluateAsTrained,
  type OptimizerChoice,
  type OptimizerSettings,
  type Submission,
  type SubmissionCitation,
  type WorkloadFacts,
  workloadBatchSize,
} from "./submission.js";

/** What an optimizer and its schedule may depend on besides hyper-parameters. */
export interface Horizon {
  /** The number of steps that schedules are made for. */
  readonly stepHint: number;
  readonly parameters: readonly ParameterSpec[];
  /**
   * That share of the step hint in whole steps, rounded down as AlgoPerf's submissions do, but at least
   * `least`, 0 by default: a short run may leave nothing of a small share.
   */
  share(fraction: number, least?: number): number;
}

/** An optimizer in full: its specification, and what is not part of that. */
export interface OptimizerWithSettings {
  readonly optimizer: OptimizerChoice;
  readonly clip?: ClipSpec;
  /** Hyper-parameters that differ by parameter. */
  readonly groups?: readonly GroupSpec[];
}

type Widened<Value> = Value extends number
  ? number
  : Value extends boolean
    ? boolean
    : Value extends string
      ? string
      : never;

/** What the functions are handed for points of a type: the same names, any value. */
type PointOf<Point> = { readonly [Name in keyof Point]: Widened<Point[Name]> };

interface Described<Point> {
  readonly name: string;
  readonly title: string;
  readonly cite: SubmissionCitation;
  /** The optimizer of a point: its text, or that with settings. */
  optimizer(point: PointOf<Point>, horizon: Horizon): OptimizerChoice | OptimizerWithSettings;
  /** Factor on the learning rate; constant without it. */
  schedule?(point: PointOf<Point>, horizon: Horizon): Schedule;
  /** Examples a step; the workload's by default. */
  batchSize?(facts: BatchFacts): number;
}

/** A list of points to try. */
interface OfPoints<Point extends Hyperparameters> extends Described<Point> {
  readonly points: readonly Point[];
}

/** A space that points are taken from. */
interface OfSpace<Name extends string> extends Described<Readonly<Record<Name, number>>> {
  readonly space: Readonly<Record<Name, SearchRange>>;
}

/** One setting, for the self-tuning ruleset. */
interface OfOne<Point extends Hyperparameters> extends Described<Point> {
  readonly self: Point;
}

/** Any of them. */
interface Form extends Described<Hyperparameters> {
  readonly points?: readonly Hyperparameters[];
  readonly space?: SearchSpace;
  readonly self?: Hyperparameters;
}

/**
 * The short form of a submission: an optimizer, a schedule and what is tried of them (a list of `points`, a
 * `space`, or, for the self-tuning ruleset, one setting, `self`).
 *
 * ```ts
 * export const submission = fromOptimizer({
 *   name: "my_adamw",
 *   title: "AdamW with warm-up and cosine",
 *   cite: { authors: "Me", year: 2026, title: "Unpublished", url: "https://example.org" },
 *   space: { learning_rate: { scaling: "log", min: 1e-4, max: 1e-2 } },
 *   optimizer: ({ learning_rate }) => `adamw:lr=${learning_rate}`,
 *   schedule: (_, { stepHint, share }) => cosineSchedule.create({ steps: stepHint, warmup: share(0.05) }),
 * });
 * ```
 * @throws SteepestError `invalid-value` for what is missing, and for points that differ in names or types
 */
export function fromOptimizer<const Point extends Hyperparameters>(form: OfPoints<Point>): Submission;
export function fromOptimizer<Name extends string>(form: OfSpace<Name>): Submission;
export function fromOptimizer<const Point extends Hyperparameters>(form: OfOne<Point>): Submission;
export function fromOptimizer(form: Form): Submission {
  const { name, title, cite } = form;
  return defineSubmission<{ optimizer: Optimizer }>({
    ...{ name, title, cite, tuning: tuningOf(form) },
    getBatchSize: form.batchSize ?? workloadBatchSize,
    initOptimizerState({ hyperparameters, workload, optimizer }) {
      const { spec, settings } = chooseOptimizer(form, hyperparameters, workload);
      return { optimizer: optimizer(spec, settings) };
    },
    dataSelection: batchesInOrder,
    async updateParams({ state: { optimizer }, gradient }) {
      await gradient();
      await optimizer.stepAsync();
      return undefined;
    },
    prepareForEval: evaluateAsTrained,
  });
}

/** @throws SteepestError `invalid-value` unless exactly one is given */
function tuningOf({ name, points, space, self }: Form): SubmissionTuning {
  const given = [
    ...(points === undefined ? [] : [{ kind: "external", points } as const]),
    ...(space === undefined ? [] : [{ kind: "external", space } as const]),
    ...(self === undefined ? [] : [{ kind: "self", hyperparameters: self } as const]),
  ];
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  throw new SteepestError(
    "invalid-value",
    `submission ${name}: ${given.length === 0 ? "nothing says what is tried" : "more than one thing says what is tried"}`,
    "Give one of points: [...], space: {...} and, for the self-tuning ruleset, self: {...}",
  );
}

/** The optimizer and the settings of a point. */
function chooseOptimizer(
  form: Form,
  point: Hyperparameters,
  { stepHint, parameters }: WorkloadFacts,
): { readonly spec: OptimizerChoice; readonly settings: OptimizerSettings } {
  const horizon = horizonOf(stepHint, parameters);
  const schedule = form.schedule?.(point, horizon);
  const chosen = form.optimizer(point, horizon);
  const { optimizer: spec, ...settings } =
    typeof chosen === "object" && "optimizer" in chosen ? chosen : { optimizer: chosen };
  return { spec, settings: { ...settings, ...(schedule === undefined ? {} : { schedule }) } };
}

/** The horizon of a step hint. */
export const horizonOf = (stepHint: number, parameters: readonly ParameterSpec[]): Horizon => ({
  ...{ stepHint, parameters },
  share: (fraction, least = 0) => Math.max(least, Math.floor(fraction * stepHint)),
});
