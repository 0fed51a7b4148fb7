import { setImmediate as eventLoopTurn } from "node:timers/promises";
import type { RunConfiguration } from "../configuration/configuration.js";
import type { Checkpoint, Progress } from "../folder/checkpoint.js";
import type { RunStore } from "../folder/store.js";
import { type Clock, type ClockReading, createClock } from "./clock.js";
import { completed } from "./completion.js";
import { checkedLoss } from "./divergence.js";
import { type EvaluatedState, evaluateBeginning, evaluateState } from "./evaluation.js";
import type { Measurement, RunResult } from "./result.js";
import {
  checkParameters,
  evaluationTensors,
  inEvaluation,
  parameterTensors,
  type Session,
} from "./session.js";
import { endOf, hasPassed, progressOf, type State, stateOf, trainingTime, watchesTime } from "./state.js";

/** A run before its first step, which has compiled its network. */
export const beginning = ({ compilation }: Session): Progress => ({
  step: 0,
  clocks: compilation,
  window: { lossSum: 0, count: 0 },
  logs: { measurements: 0, evaluations: 0 },
});

/**
 * Trains from where `from` stands to the end: steps, and at their periods reports, evaluations and
 * checkpoints. The same configuration gives the same bits wherever it was stopped and resumed, unless its
 * clocks decide when it ends.
 *
 * The training clock runs, as AlgoPerf's does, over choosing data, gradients, updates, compiling the network
 * and preparing the weights to evaluate with; not over loading, initialising, evaluations, logging and
 * checkpoints. A resumed run, which compiles again, does not count that twice.
 */
export async function* runLoop(
  session: Session,
  from: Progress,
  store?: RunStore,
  signal?: AbortSignal,
): AsyncGenerator<Measurement, RunResult> {
  const { configuration } = session;
  const { steps, reportEvery, evaluateEvery, checkpointEvery } = configuration;
  const state = stateOf(session, from);
  const clock = createClock(from.clocks);
  let saved = from.step;

  const save = async (): Promise<readonly Measurement[]> => {
    if (store === undefined || saved === state.step) return [];
    const path = await store.save((logs) => checkpointOf(session, state, clock.read(), logs));
    saved = state.step;
    return [{ kind: "checkpoint", step: state.step, path }];
  };

  const evaluation = async (evaluate: () => Promise<EvaluatedState>): Promise<Measurement> => {
    // Computing the weights to evaluate with is part of training, by AlgoPerf's rules.
    clock.switchTo("training");
    const { evaluation, ...hits } = await inEvaluation(session, () => clock.switchTo("evaluation"), evaluate);
    clock.switchTo("logging");
    const clocks = clock.read();
    state.evaluated = trainingTime(clocks);
    await store?.logEvaluation(state.step, evaluation, clocks);
    return { kind: "evaluation", step: state.step, ...hits, ...evaluation, ...trainingTime(clocks) };
  };

  if (state.step === 0 && configuration.evaluateFirst === true) {
    const measurement = await evaluation(() => evaluateBeginning(session, state));
    clock.switchTo("idle");
    yield measurement;
  }
  while (state.ended === undefined) {
    if (signal?.aborted === true) {
      yield* await save();
      const folder = store === undefined ? {} : { folder: store.folder };
      return { outcome: "interrupted", step: state.step, steps, ...folder };
    }

    clock.switchTo("training");
    await advance(session, state, clock, signal);
    clock.switchTo("logging");

    const { step, ended } = state;
    const isDue = (period: RunConfiguration["evaluateEvery"]) =>
      ended !== undefined || hasPassed(period, state, clock.read());
    const measurements: Measurement[] = [];
    if (isDue(reportEvery)) {
      const loss = state.lossSum / state.count;
      const clocks = clock.read();
      store?.logLoss(step, loss, clocks);
      measurements.push({ kind: "step", step, steps, loss, ...trainingTime(clocks) });
      state.lossSum = 0;
      state.count = 0;
    }
    if (isDue(evaluateEvery))
      measurements.push(await evaluation(() => evaluateState(session, state, clock.read())));
    // Where its store keeps no checkpoint, a run that is over goes from its last one to its result.
    if (state.ended === undefined ? isDue(checkpointEvery) : store?.keepsCheckpoint === true)
      measurements.push(...(await save()));
    if (state.ended !== undefined) checkParameters(session, step);
    clock.switchTo("idle");
    // The gradient may resolve without a turn of the event loop, and then no signal would ever be heard.
    await eventLoopTurn();
    yield* measurements;
  }

  const result = await completed(session, state, clock.read());
  await store?.finish(result);
  return result;
}

/** Updates until something other than training is due, until the run is over, or until the signal. */
async function advance(
  session: Session,
  state: State,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { configuration, method, bound } = session;
  const gradient = (batch: number) => bound.gradient(batch);
  const until = nextPause(configuration, state.step);
  const timed = watchesTime(configuration);
  while (state.step < until) {
    const step = state.step + 1;
    const loss = checkedLoss(await method.step(step, gradient), step);
    state.step = step;
    if (step === 1) state.initialLoss = loss;
    state.lossSum += loss;
    state.count++;
    if (timed) clock.switchTo("training");
    const clocks = clock.read();
    state.ended = endOf(session, state, clocks);
    if (state.ended !== undefined || signal?.aborted === true) return;
    if (timed && hasPassed(configuration.evaluateEvery, state, clocks)) return;
  }
}

/** The next step after which something other than training is due at the latest. */
function nextPause({ evaluateEvery, ...configuration }: RunConfiguration, step: number): number {
  const { steps, reportEvery, checkpointEvery } = configuration;
  const next = (period: number) => (Math.floor(step / period) + 1) * period;
  const evaluation = typeof evaluateEvery === "number" ? next(evaluateEvery) : steps;
  return Math.min(steps, next(reportEvery), evaluation, next(checkpointEvery));
}

/** All that must agree to go on from here. */
const checkpointOf = async (
  session: Session,
  state: State,
  clocks: ClockReading,
  logs: Progress["logs"],
): Promise<Checkpoint> => ({
  configuration: session.configuration,
  progress: progressOf(state, clocks, logs),
  parameters: parameterTensors(session, state.step),
  evaluation: await evaluationTensors(session),
  optimizer: session.method.saveState(),
});
