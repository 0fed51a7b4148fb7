import { setImmediate as eventLoopTurn } from "node:timers/promises";
import type { RunConfiguration } from "../configuration/configuration.js";
import type { Checkpoint, Progress } from "../folder/checkpoint.js";
import type { RunStore } from "../folder/store.js";
import { type ClockReading, createClock } from "./clock.js";
import type {
  CompletedRun,
  Evaluation,
  Measurement,
  RunResult,
  SplitEvaluation,
  TargetHit,
} from "./result.js";
import {
  evaluationTensors,
  inEvaluation,
  parametersHash,
  parameterTensors,
  type Session,
} from "./session.js";
import { diverged } from "./trained.js";

/** A run before its first step. */
export const beginning: Progress = {
  step: 0,
  clocks: { seconds: 0, cpuSeconds: 0, evaluationSeconds: 0, loggingSeconds: 0 },
  window: { lossSum: 0, count: 0 },
  logs: { measurements: 0, evaluations: 0 },
};

/** Where a run stands; every step and every evaluation changes it. */
interface State {
  step: number;
  /** Sum and number of the losses since the last report. */
  lossSum: number;
  count: number;
  initialLoss: number | undefined;
  latest: Evaluation | undefined;
  best: CompletedRun["best"] | undefined;
  hit: TargetHit | undefined;
}

/**
 * Trains from where `from` stands to the end: steps, and at their periods reports, evaluations and
 * checkpoints. The same configuration gives the same bits wherever it was stopped and resumed.
 */
export async function* runLoop(
  session: Session,
  from: Progress,
  store?: RunStore,
  signal?: AbortSignal,
): AsyncGenerator<Measurement, RunResult> {
  const { configuration } = session;
  const { steps } = configuration;
  const { step: firstStep, window, initialLoss, latest, best, hit } = from;
  const state: State = { step: firstStep, ...window, initialLoss, latest, best, hit };
  const clock = createClock(from.clocks);
  let saved = firstStep;

  const isDue = (period: number) => state.step % period === 0 || state.step >= steps;
  const save = async (): Promise<readonly Measurement[]> => {
    if (store === undefined || saved === state.step) return [];
    const path = await store.save((logs) => checkpointOf(session, state, clock.read(), logs));
    saved = state.step;
    return [{ kind: "checkpoint", step: state.step, path }];
  };

  while (!isOver(configuration, state)) {
    if (signal?.aborted === true) {
      yield* await save();
      const folder = store === undefined ? {} : { folder: store.folder };
      return { outcome: "interrupted", step: state.step, steps, ...folder };
    }

    clock.switchTo("training");
    await advance(session, state, nextPause(configuration, state.step), signal);
    clock.switchTo("logging");

    const { step } = state;
    const measurements: Measurement[] = [];
    if (isDue(configuration.reportEvery)) {
      const loss = state.lossSum / state.count;
      const clocks = clock.read();
      store?.logLoss(step, loss, clocks);
      measurements.push({ kind: "step", step, steps, loss, ...trainingTime(clocks) });
      state.lossSum = 0;
      state.count = 0;
    }
    if (isDue(configuration.evaluateEvery)) {
      // Computing the weights to evaluate with is part of training, by AlgoPerf's rules.
      clock.switchTo("training");
      const { evaluation, hitsTarget } = await inEvaluation(
        session,
        () => clock.switchTo("evaluation"),
        () => evaluateState(session, state, clock.read()),
      );
      clock.switchTo("logging");
      const clocks = clock.read();
      await store?.logEvaluation(step, evaluation, clocks);
      measurements.push({ kind: "evaluation", step, hitsTarget, ...evaluation, ...trainingTime(clocks) });
    }
    if (isDue(configuration.checkpointEvery) || isOver(configuration, state))
      measurements.push(...(await save()));
    clock.switchTo("idle");
    // The gradient may resolve without a turn of the event loop, and then no signal would ever be heard.
    await eventLoopTurn();
    yield* measurements;
  }

  const result = completed(session, state, clock.read(), await startComparison(session, state));
  await store?.finish(result);
  return result;
}

const isOver = ({ steps, stopAtTarget }: RunConfiguration, { step, hit }: State): boolean =>
  step >= steps || (hit !== undefined && stopAtTarget);

/** The next step after which something other than training is due. */
function nextPause(configuration: RunConfiguration, step: number): number {
  const { steps, reportEvery, evaluateEvery, checkpointEvery } = configuration;
  const next = (period: number) => (Math.floor(step / period) + 1) * period;
  return Math.min(steps, next(reportEvery), next(evaluateEvery), next(checkpointEvery));
}

/** Updates until step `until`, or until the signal. */
async function advance(
  session: Session,
  state: State,
  until: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  while (state.step < until) {
    const step = state.step + 1;
    const loss = await session.step(step);
    state.step = step;
    if (step === 1) state.initialLoss = loss;
    state.lossSum += loss;
    state.count++;
    if (signal?.aborted === true) return;
  }
}

/**
 * Evaluates validation, and at the end of the run the other splits too; keeps the best and the first to reach
 * the target.
 */
async function evaluateState(
  session: Session,
  state: State,
  clocks: ClockReading,
): Promise<{ readonly evaluation: Evaluation; readonly hitsTarget: boolean }> {
  const { configuration, bound } = session;
  const { step } = state;
  const evaluate = async (split: "train" | "validation" | "test"): Promise<SplitEvaluation> => {
    const { loss, accuracy = Number.NaN, count } = await bound.evaluate(split);
    if (!Number.isFinite(loss)) throw diverged(`the ${split} loss is ${loss} after step ${step}`);
    return { loss, accuracy, count };
  };
  const validation = await evaluate("validation");
  const { accuracy } = validation;
  const { target } = configuration;
  const hitsTarget = state.hit === undefined && target !== undefined && accuracy >= target;
  if (hitsTarget) state.hit = { step, ...trainingTime(clocks) };
  if (state.best === undefined || accuracy > state.best.accuracy) state.best = { step, accuracy };
  const evaluation = isOver(configuration, state)
    ? { validation, train: await evaluate("train"), test: await evaluate("test") }
    : { validation };
  state.latest = evaluation;
  return { evaluation, hitsTarget };
}

const trainingTime = ({ seconds, cpuSeconds }: ClockReading) => ({ seconds, cpuSeconds });

/** All that must agree to go on from here. */
function checkpointOf(
  session: Session,
  state: State,
  clocks: ClockReading,
  logs: Progress["logs"],
): Checkpoint {
  const { step, lossSum, count, initialLoss, latest, best, hit } = state;
  return {
    configuration: session.configuration,
    progress: {
      step,
      clocks,
      window: { lossSum, count },
      ...(initialLoss === undefined ? {} : { initialLoss }),
      ...(latest === undefined ? {} : { latest }),
      ...(best === undefined ? {} : { best }),
      ...(hit === undefined ? {} : { hit }),
      logs,
    },
    parameters: parameterTensors(session, step),
    evaluation: evaluationTensors(session),
    optimizer: session.optimizer.saveState(),
  };
}

/** The loss that the run began with, and whether it ended above it. */
async function startComparison(
  { bound }: Session,
  { initialLoss, latest }: State,
): Promise<Pick<CompletedRun, "initialLoss" | "diverged">> {
  if (initialLoss === undefined || latest?.train === undefined) return {};
  // One mini-batch differs from the whole split by chance: what seems to have risen is measured on the same
  // mini-batch again. A loss that is NaN now has risen too.
  const diverged = latest.train.loss > initialLoss && !((await bound.gradient(1)) <= initialLoss);
  return { initialLoss, diverged };
}

function completed(
  session: Session,
  state: State,
  clocks: ClockReading,
  comparison: Pick<CompletedRun, "initialLoss" | "diverged">,
): CompletedRun {
  const { configuration, loaded } = session;
  const { workload, dataSource, procedural, optimizer, batchSize, seed, threads, target } = configuration;
  const { step: steps, latest, best, hit } = state;
  if (latest?.train === undefined || latest.test === undefined || best === undefined)
    throw new Error("internal: a run ended without its last evaluation");
  const { train, validation, test } = latest;
  return {
    outcome: "completed",
    ...{ workload, dataSource, procedural, optimizer },
    parameters: loaded.parameterCount,
    ...{ batchSize, seed, threads, steps, ...trainingTime(clocks), train, validation, test, best },
    ...comparison,
    ...(target === undefined ? {} : { target: targetOutcome(target, hit) }),
    parametersHash: parametersHash(session),
  };
}

const targetOutcome = (value: number, hit: TargetHit | undefined): NonNullable<CompletedRun["target"]> =>
  hit === undefined ? { value, reached: false } : { value, reached: true, ...hit };
