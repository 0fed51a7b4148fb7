import { reaches } from "@steepest/workloads";
import type { EvaluationPeriod, RunConfiguration } from "../configuration/configuration.js";
import type { Progress } from "../folder/checkpoint.js";
import type { ClockReading } from "./clock.js";
import type { CompletedRun, Evaluation, RunEnd, TargetHit } from "./result.js";
import type { Session } from "./session.js";

/** Where a run stands; every step and every evaluation changes it. */
export interface State {
  step: number;
  /** Sum and number of the losses since the last report. */
  lossSum: number;
  count: number;
  /** Of the first mini-batch. */
  initialLoss: number | undefined;
  /** On the validation split, where it is evaluated before the first update. */
  initialValidationLoss: number | undefined;
  latest: Evaluation | undefined;
  best: CompletedRun["best"] | undefined;
  hit: TargetHit | undefined;
  testHit: TargetHit | undefined;
  /** The training clocks at the last evaluation. */
  evaluated: TrainingTime;
  /** Why the run is over, once it is. */
  ended: RunEnd | undefined;
}

/** The clocks that count for a run. */
export type TrainingTime = Pick<ClockReading, "seconds" | "cpuSeconds">;

export const trainingTime = ({ seconds, cpuSeconds }: ClockReading): TrainingTime => ({
  seconds,
  cpuSeconds,
});

/** The state of a run that goes on from a checkpoint, or begins. */
export function stateOf(session: Session, from: Progress): State {
  const { step, window, initialLoss, initialValidationLoss, evaluated } = from;
  const { latest, best, hit, testHit, ended } = from;
  const state: State = {
    ...{ step, ...window, initialLoss, initialValidationLoss, latest, best, hit, testHit, ended },
    evaluated: evaluated ?? { seconds: 0, cpuSeconds: 0 },
  };
  // Checkpoints of old do not say it.
  if (step > 0)
    state.ended ??= areReached(session.configuration, state) ? "target" : endOf(session, state, from.clocks);
  return state;
}

/** What a checkpoint keeps of a state. */
export function progressOf(state: State, clocks: ClockReading, logs: Progress["logs"]): Progress {
  const { step, lossSum, count, initialLoss, initialValidationLoss, evaluated } = state;
  const { latest, best, hit, testHit, ended } = state;
  return {
    step,
    clocks,
    window: { lossSum, count },
    ...(initialLoss === undefined ? {} : { initialLoss }),
    ...(initialValidationLoss === undefined ? {} : { initialValidationLoss }),
    ...(latest === undefined ? {} : { latest }),
    ...(best === undefined ? {} : { best }),
    ...(hit === undefined ? {} : { hit }),
    ...(testHit === undefined ? {} : { testHit }),
    evaluated,
    ...(ended === undefined ? {} : { ended }),
    logs,
  };
}

/** Whether the run is to end because every target that it has was reached, each at some time. */
export const areReached = (
  { stopAtTarget, target, testTarget }: RunConfiguration,
  { hit, testHit }: Pick<State, "hit" | "testHit">,
): boolean =>
  stopAtTarget &&
  target !== undefined &&
  hit !== undefined &&
  (testTarget === undefined || testHit !== undefined);

/** Whether a value is the first to reach a target. */
export const isFirstHit = (
  { metric }: RunConfiguration,
  target: number | undefined,
  value: number,
  before: TargetHit | undefined,
): boolean => target !== undefined && before === undefined && reaches(metric, value, target);

/** Why no step may follow, whatever has been reached; undefined where one may. */
export function endOf(
  { configuration, method }: Session,
  { step }: Pick<State, "step">,
  clocks: TrainingTime,
): RunEnd | undefined {
  const { steps, budget = {} } = configuration;
  const { seconds = Number.POSITIVE_INFINITY, cpuSeconds = Number.POSITIVE_INFINITY } = budget;
  if (method.finished?.() === true) return "method";
  if (step >= steps) return "steps";
  return clocks.seconds >= seconds || clocks.cpuSeconds >= cpuSeconds ? "budget" : undefined;
}

/** Whether time decides anything in a run, so that the clocks are to be read after every step. */
export const watchesTime = ({ budget, evaluateEvery }: RunConfiguration): boolean =>
  budget !== undefined || typeof evaluateEvery !== "number";

/** Whether a period has passed: in steps, or on the clocks since the last evaluation. */
export function hasPassed(
  period: EvaluationPeriod,
  { step, evaluated }: State,
  clocks: TrainingTime,
): boolean {
  if (typeof period === "number") return step % period === 0;
  return "seconds" in period
    ? clocks.seconds - evaluated.seconds >= period.seconds
    : clocks.cpuSeconds - evaluated.cpuSeconds >= period.cpuSeconds;
}
