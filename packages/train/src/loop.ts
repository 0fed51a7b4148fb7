import { setImmediate as eventLoopTurn } from "node:timers/promises";
import { SteepestError } from "@steepest/optim";
import type { Progress } from "./checkpoint.js";
import { type ClockReading, createClock } from "./clock.js";
import type { RunConfiguration } from "./configuration.js";
import type {
  CompletedRun,
  Evaluation,
  Measurement,
  RunResult,
  SplitEvaluation,
  TargetHit,
} from "./result.js";
import { parametersHash, parameterTensors, type Session } from "./session.js";
import type { RunStore } from "./store.js";

/** A run before its first step. */
export const beginning: Progress = {
  step: 0,
  clocks: { seconds: 0, cpuSeconds: 0, evaluationSeconds: 0, loggingSeconds: 0 },
  window: { lossSum: 0, count: 0 },
  logs: { measurements: 0, evaluations: 0 },
};

/** The part of a run's progress that every step changes. */
interface Position {
  step: number;
  lossSum: number;
  count: number;
}

/**
 * Trains from where `from` stands to the end: steps, and at their periods reports, evaluations and checkpoints.
 * The same configuration gives the same bits wherever it was stopped and resumed.
 */
export async function* runLoop(
  session: Session,
  from: Progress,
  store?: RunStore,
  signal?: AbortSignal,
): AsyncGenerator<Measurement, RunResult> {
  const { configuration } = session;
  const { steps } = configuration;
  const clock = createClock(from.clocks);
  const position: Position = { step: from.step, ...from.window };
  let { latest, best, hit } = from;
  let saved = from.step;

  const isOver = () => position.step >= steps || (hit !== undefined && configuration.stopAtTarget);
  const isDue = (period: number) => position.step % period === 0 || position.step >= steps;
  const save = async (): Promise<Measurement | undefined> => {
    if (store === undefined) return undefined;
    const { step, lossSum, count } = position;
    const path = await store.save({
      configuration,
      progress: {
        step,
        clocks: clock.read(),
        window: { lossSum, count },
        ...(latest === undefined ? {} : { latest }),
        ...(best === undefined ? {} : { best }),
        ...(hit === undefined ? {} : { hit }),
        logs: from.logs,
      },
      parameters: parameterTensors(session, step),
      optimizer: session.optimizer.saveState(),
    });
    saved = step;
    return { kind: "checkpoint", step, path };
  };

  while (!isOver()) {
    if (signal?.aborted === true) {
      const checkpoint = saved < position.step ? await save() : undefined;
      if (checkpoint !== undefined) yield checkpoint;
      return {
        outcome: "interrupted",
        step: position.step,
        steps,
        ...(store === undefined ? {} : { folder: store.folder }),
      };
    }

    clock.switchTo("training");
    await advance(session, position, nextPause(configuration, position.step), signal);
    clock.switchTo("logging");

    const { step } = position;
    const measurements: Measurement[] = [];
    if (isDue(configuration.reportEvery)) {
      const loss = position.lossSum / position.count;
      const clocks = clock.read();
      store?.logLoss(step, loss, clocks);
      measurements.push({ kind: "step", step, steps, loss, ...trainingTime(clocks) });
      position.lossSum = 0;
      position.count = 0;
    }
    if (isDue(configuration.evaluateEvery)) {
      clock.switchTo("evaluation");
      let evaluation: Evaluation = { validation: await evaluate(session, "validation", step) };
      const { accuracy } = evaluation.validation;
      const hitsTarget =
        hit === undefined && configuration.target !== undefined && accuracy >= configuration.target;
      if (hitsTarget) hit = { step, ...trainingTime(clock.read()) };
      if (best === undefined || accuracy > best.accuracy) best = { step, accuracy };
      if (isOver())
        evaluation = {
          ...evaluation,
          train: await evaluate(session, "train", step),
          test: await evaluate(session, "test", step),
        };
      latest = evaluation;
      clock.switchTo("logging");
      const clocks = clock.read();
      await store?.logEvaluation(step, evaluation, clocks);
      measurements.push({ kind: "evaluation", step, hitsTarget, ...evaluation, ...trainingTime(clocks) });
    }
    if (isDue(configuration.checkpointEvery) || isOver()) {
      const checkpoint = await save();
      if (checkpoint !== undefined) measurements.push(checkpoint);
    }
    clock.switchTo("idle");
    // The gradient may resolve without a turn of the event loop, and then no signal would ever be heard.
    await eventLoopTurn();
    yield* measurements;
  }

  const { seconds, cpuSeconds } = clock.read();
  const result = completed(session, { step: position.step, seconds, cpuSeconds, latest, best, hit });
  await store?.finish(result);
  return result;
}

/** The next step after which something other than training is due. */
function nextPause(configuration: RunConfiguration, step: number): number {
  const { steps, reportEvery, evaluateEvery, checkpointEvery } = configuration;
  const next = (period: number) => (Math.floor(step / period) + 1) * period;
  return Math.min(steps, next(reportEvery), next(evaluateEvery), next(checkpointEvery));
}

/** Updates until step `until`, or until the signal. Nothing here is allocated for a step. */
async function advance(
  { bound, optimizer }: Session,
  position: Position,
  until: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  while (position.step < until) {
    const step = position.step + 1;
    const loss = await bound.gradient(step);
    // Before the update, so that the parameters are still those of the last finite loss.
    if (!Number.isFinite(loss)) throw notFinite(`the loss is ${loss} at step ${step}`);
    optimizer.step();
    position.step = step;
    position.lossSum += loss;
    position.count++;
    if (signal?.aborted === true) return;
  }
}

async function evaluate(
  { bound }: Session,
  split: "train" | "validation" | "test",
  step: number,
): Promise<SplitEvaluation> {
  const { loss, accuracy, count } = await bound.evaluate(split);
  if (!Number.isFinite(loss)) throw notFinite(`the ${split} loss is ${loss} after step ${step}`);
  return { loss, accuracy, count };
}

const notFinite = (message: string) =>
  new SteepestError(
    "non-finite",
    message,
    "Training diverged: lower the learning rate, warm it up, or clip the gradient",
  );

const trainingTime = ({ seconds, cpuSeconds }: ClockReading) => ({ seconds, cpuSeconds });

function completed(
  session: Session,
  end: {
    readonly step: number;
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly latest: Evaluation | undefined;
    readonly best: CompletedRun["best"] | undefined;
    readonly hit: TargetHit | undefined;
  },
): CompletedRun {
  const { configuration, loaded } = session;
  const { workload, dataSource, procedural, optimizer, batchSize, seed, threads, target } = configuration;
  const { step: steps, seconds, cpuSeconds, latest, best, hit } = end;
  if (latest?.train === undefined || latest.test === undefined || best === undefined)
    throw new Error("internal: a run ended without its last evaluation");
  const { train, validation, test } = latest;
  return {
    outcome: "completed",
    ...{ workload, dataSource, procedural, optimizer },
    parameters: loaded.parameterCount,
    ...{ batchSize, seed, threads, steps, seconds, cpuSeconds, train, validation, test, best },
    ...(target === undefined
      ? {}
      : {
          target:
            hit === undefined ? { value: target, reached: false } : { value: target, reached: true, ...hit },
        }),
    parametersHash: parametersHash(session),
  };
}
