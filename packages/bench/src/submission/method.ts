import { SteepestError, unknownName } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { diverged, type MethodContext, type TrainedMethod, type TrainingMethod } from "@steepest/train";
import { checkedPoint, isRecord, kindOf } from "./define.js";
import { guardedFacts } from "./facts.js";
import { createHomes, type Home } from "./homes.js";
import { type Hyperparameters, type Regularisation, regularisationOf } from "./hyperparameters.js";
import {
  checkBatch,
  checkOneGradient,
  checkOptimizerOnly,
  checksum,
  copyValues,
  isPositiveInteger,
  ruleBroken,
} from "./rules.js";
import { checkedState, loadState, saveState } from "./state.js";
import { type BatchFacts, evaluateAsTrained, type Submission, type SubmissionState } from "./submission.js";

/** A submission with one choice of hyper-parameters, as a run takes it. */
export interface SubmissionMethod extends Regularisation {
  readonly method: TrainingMethod;
  readonly batchSize: number;
}

/** Which rules hold beside those of every submission. */
export interface MethodRules {
  /**
   * The rules of optimizer-only races: batch, data, loss and length are given, and each step may ask for one
   * gradient, that of its own mini-batch. Default: a submission chooses as AlgoPerf allows.
   */
  readonly optimizerOnly?: boolean;
}

/**
 * What trains as a submission does with a point of hyper-parameters, and what it asks of the workload. The
 * rules that can be checked are checked as it runs; a submission that breaks one ends with an error.
 * @throws SteepestError `invalid-value` for a point that is not the submission's, rates outside [0, 1), and a
 *   batch size that is no positive integer; `misuse` for a question that is not allowed, and for a choice
 *   that the rules leave to nobody
 */
export function methodOf(
  submission: Submission,
  hyperparameters: Hyperparameters,
  facts: BatchFacts,
  { optimizerOnly = false }: MethodRules = {},
): SubmissionMethod {
  const { name } = submission;
  const point = Object.freeze({ ...checkedPoint(submission, hyperparameters) });
  const batchSize: unknown = submission.getBatchSize(guardedFacts(name, facts));
  if (!isPositiveInteger(batchSize))
    throw new SteepestError(
      "invalid-value",
      `${name}: getBatchSize gave ${String(batchSize)}`,
      "Give a positive integer, such as defaultBatchSize",
    );
  const regularisation = regularisationOf(name, point);
  if (optimizerOnly) checkOptimizerOnly(name, { batchSize, ...regularisation }, facts);
  return {
    method: {
      name,
      settings: point,
      create: (context) => createTrained(submission, point, context, optimizerOnly),
    },
    batchSize,
    ...regularisation,
  };
}

async function createTrained(
  submission: Submission,
  hyperparameters: Hyperparameters,
  { parameters, batchSize, trainCount, steps, seed, threads, initial }: MethodContext,
  optimizerOnly: boolean,
): Promise<TrainedMethod> {
  const { name } = submission;
  const refuse = (what: string, fix: string) => ruleBroken(name, what, fix);
  const specs = parameters.map(({ name: parameter, shape, role }) =>
    Object.freeze({ name: parameter, shape: Object.freeze([...shape]), role }),
  );
  const common = {
    workload: guardedFacts(name, {
      ...{ parameters: Object.freeze(specs), batchSize, trainCount, stepHint: steps },
    }),
    hyperparameters,
    random: (...labels: readonly (string | number)[]) => randomStream(seed, "submission", ...labels),
  };
  const homes = createHomes(name, parameters, threads);
  let initialising = true;
  let state: SubmissionState;
  try {
    const made = await submission.initOptimizerState({
      ...common,
      initial,
      optimizer(choice, settings) {
        if (!initialising)
          throw refuse("asks for an optimizer after its initialisation", "Build it in initOptimizerState");
        return homes.optimizer(choice, settings);
      },
    });
    state = checkedState(name, made);
  } catch (error) {
    await homes.release();
    throw error;
  } finally {
    initialising = false;
  }
  const writesEvaluation = submission.prepareForEval !== evaluateAsTrained;
  const trained = homes.settle(writesEvaluation);
  const all = [...trained.values()];
  const home = (parameter: string): Home => {
    const found = trained.get(parameter);
    if (found === undefined) throw unknownName("parameter", parameter, [...trained.keys()]);
    return found;
  };

  let lastStep = 0;
  let finished = false;
  /** A rule that was broken while nobody waited for an answer. */
  let broken: SteepestError | undefined;
  /** Whether the program waits for one of the submission's functions. */
  let awaited = false;
  /** What the parameters were when the evaluation began. */
  let evaluated: number | undefined;
  const throwIfBroken = () => {
    if (broken !== undefined) throw broken;
  };
  const contextOf = (step: number) => ({ ...common, state, step, parameters: trained });

  /** The gradient for one step: it answers while `updateParams` runs. */
  const openGradient = (compute: (batch: number) => Promise<number>, usual: number) => {
    let open = true;
    let running = 0;
    let asked = 0;
    let first: number | undefined;
    return {
      async gradient(batch: number = usual): Promise<number> {
        if (!open) {
          broken ??= refuse(
            "asks for a gradient outside updateParams, where the clock may not run",
            "Await every gradient within updateParams",
          );
          // Where nobody waits, an error would be nobody's: the next call of the program raises it.
          return awaited ? Promise.reject(broken) : new Promise<never>(() => undefined);
        }
        checkBatch(name, "gradient was asked for", batch);
        asked++;
        if (optimizerOnly) checkOneGradient(name, { asked, batch, step: usual });
        if (running > 0)
          throw refuse("asks for a second gradient before the first is there", "Await one after the other");
        running++;
        try {
          const loss = await compute(batch);
          if (first === undefined && !Number.isFinite(loss))
            throw diverged(`the loss is ${loss} at step ${lastStep + 1}`);
          first ??= loss;
          return loss;
        } finally {
          running--;
        }
      },
      close(): number {
        open = false;
        if (running > 0)
          throw refuse("ended updateParams while a gradient was computed", "Await every gradient");
        if (first === undefined)
          throw refuse("made a step without a gradient", "Call gradient() within updateParams");
        return first;
      },
    };
  };

  return {
    parameter: (parameter) => home(parameter).value,
    gradient: (parameter) => home(parameter).gradient,
    evaluationParameter: (parameter) => home(parameter).evaluation,
    async step(k, compute) {
      throwIfBroken();
      awaited = true;
      const batch: unknown = submission.dataSelection(contextOf(k));
      checkBatch(name, "dataSelection gave", batch);
      if (optimizerOnly) checkOneGradient(name, { asked: 1, batch, step: k });
      const { gradient, close } = openGradient(compute, batch);
      let result: unknown;
      try {
        result = await submission.updateParams({ ...contextOf(k), batch, gradient });
      } finally {
        awaited = false;
      }
      const loss = close();
      throwIfBroken();
      if (result !== undefined) {
        if (!isRecord(result))
          throw refuse(
            `gave ${kindOf(result)} from updateParams`,
            "Give { state, parameters, finished }, any of them left out, or nothing",
          );
        if (result.state !== undefined) state = checkedState(name, result.state, state);
        if (result.parameters !== undefined)
          copyValues(name, "updateParams", result.parameters, home, ({ value }) => value);
        finished = result.finished === true;
        if (finished && optimizerOnly)
          throw refuse("ends its run by its own word, where the length is given", "Make every step");
      }
      lastStep = k;
      return loss;
    },
    async enterEvaluation() {
      throwIfBroken();
      awaited = true;
      try {
        homes.enterEvaluation();
        const values: unknown = await submission.prepareForEval(contextOf(lastStep));
        if (writesEvaluation) {
          // An average is written by its optimizer, and is what stands for what the submission leaves out.
          for (const { value, evaluation, keepsEvaluation } of all)
            if (keepsEvaluation) evaluation.set(value);
          if (values !== undefined)
            copyValues(name, "prepareForEval", values, home, ({ evaluation }) => evaluation);
        }
      } finally {
        awaited = false;
      }
      evaluated = checksum(all);
    },
    leaveEvaluation() {
      homes.leaveEvaluation();
      const before = evaluated;
      evaluated = undefined;
      throwIfBroken();
      if (before !== undefined && before !== checksum(all))
        throw refuse(
          "changed parameters during an evaluation, where the clock does not run",
          "Do all work within updateParams and prepareForEval, and await it there",
        );
    },
    saveState: () =>
      saveState(state, { submission: name, step: String(lastStep), finished: String(finished) }),
    loadState(file) {
      const { state: loaded, words } = loadState(state, file);
      if (words.submission !== name)
        throw new SteepestError(
          "state-mismatch",
          `the saved state is of ${String(words.submission)}, not of ${name}`,
          "Resume with the submission that the run was started with",
        );
      state = loaded;
      lastStep = Number(words.step);
      finished = words.finished === "true";
    },
    finished: () => finished,
    release: () => homes.release(),
  };
}
