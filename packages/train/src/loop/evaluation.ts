import { isBetter, metricOf, type Split } from "@steepest/workloads";
import type { ClockReading } from "./clock.js";
import { diverged } from "./divergence.js";
import type { Evaluation, SplitEvaluation } from "./result.js";
import type { Session } from "./session.js";
import { areReached, isFirstHit, type State, trainingTime } from "./state.js";

/** What an evaluation measured, and which targets it is the first to reach. */
export interface EvaluatedState {
  readonly evaluation: Evaluation;
  readonly hitsTarget: boolean;
  readonly hitsTestTarget: boolean;
}

/** @throws SteepestError `non-finite` for a loss that is none */
async function evaluateSplit({ bound }: Session, step: number, split: Split): Promise<SplitEvaluation> {
  const { loss, accuracy, count } = await bound.evaluate(split);
  if (!Number.isFinite(loss)) throw diverged(`the ${split} loss is ${loss} after step ${step}`);
  return { loss, ...(accuracy === undefined ? {} : { accuracy }), count };
}

/** Evaluates validation before the first update; what is reached there counts for nothing. */
export async function evaluateBeginning(session: Session, state: State): Promise<EvaluatedState> {
  const validation = await evaluateSplit(session, state.step, "validation");
  state.initialValidationLoss = validation.loss;
  return { evaluation: { validation }, hitsTarget: false, hitsTestTarget: false };
}

/**
 * Evaluates validation, test where it has a target, and at the end of the run every split; keeps the best and
 * the first to reach the targets. The run ends here where all targets have been reached.
 */
export async function evaluateState(
  session: Session,
  state: State,
  clocks: ClockReading,
): Promise<EvaluatedState> {
  const { configuration, loaded } = session;
  const { metric, target, testTarget } = configuration;
  const { step } = state;
  const evaluate = (split: Split) => evaluateSplit(session, step, split);
  const hitHere = { step, ...trainingTime(clocks) };

  const validation = await evaluate("validation");
  const value = metricOf(validation, metric);
  const hitsTarget = isFirstHit(configuration, target, value, state.hit);
  if (hitsTarget) state.hit = hitHere;
  if (state.best === undefined || isBetter(metric, value, metricOf(state.best, metric)))
    state.best = metric === "accuracy" ? { step, accuracy: value } : { step, loss: value };

  const evaluateTest = () =>
    loaded.testIsValidation === true ? Promise.resolve(validation) : evaluate("test");
  const test = testTarget === undefined ? undefined : await evaluateTest();
  const hitsTestTarget =
    test !== undefined && isFirstHit(configuration, testTarget, metricOf(test, metric), state.testHit);
  if (hitsTestTarget) state.testHit = hitHere;

  if (areReached(configuration, state)) state.ended = "target";
  const evaluation =
    state.ended === undefined
      ? { validation, ...(test === undefined ? {} : { test }) }
      : { validation, train: await evaluate("train"), test: test ?? (await evaluateTest()) };
  state.latest = evaluation;
  return { evaluation, hitsTarget, hitsTestTarget };
}
