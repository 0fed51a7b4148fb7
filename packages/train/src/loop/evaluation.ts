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

/**
 * Evaluates validation, test where it has a target, and at the end of the run every split; keeps the best and
 * the first to reach the targets. The run ends here where all targets have been reached.
 */
export async function evaluateState(
  session: Session,
  state: State,
  clocks: ClockReading,
): Promise<EvaluatedState> {
  const { configuration, bound, loaded } = session;
  const { metric, target, testTarget } = configuration;
  const { step } = state;
  const evaluate = async (split: Split): Promise<SplitEvaluation> => {
    const { loss, accuracy, count } = await bound.evaluate(split);
    if (!Number.isFinite(loss)) throw diverged(`the ${split} loss is ${loss} after step ${step}`);
    return { loss, ...(accuracy === undefined ? {} : { accuracy }), count };
  };
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
