import type { FolderHold } from "@steepest/files";
import { type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import { findWorkload, type LoadedWorkload, type Workload } from "@steepest/workloads";
import {
  chooseOptimizer,
  isMethod,
  type RunConfiguration,
  resolveConfiguration,
  type TrainConfig,
} from "./configuration/configuration.js";
import { followRecipe } from "./configuration/recipe.js";
import type { Checkpoint } from "./folder/checkpoint.js";
import { createRunFolder, inspectRun, type RunStatus } from "./folder/folder.js";
import { pathOf, withFolderLocked } from "./folder/lock.js";
import { openRunStore } from "./folder/store.js";
import { explained } from "./loop/divergence.js";
import { beginning, runLoop } from "./loop/loop.js";
import type { TrainingMethod } from "./loop/method.js";
import { optimizerMethod } from "./loop/optimizerMethod.js";
import type { Measurement, RunResult } from "./loop/result.js";
import { openSession } from "./loop/session.js";

/** How a run is carried out; nothing here changes its bits. */
export interface RunOptions {
  /**
   * The run's folder, by its path or held by the caller; without it nothing is written and the run cannot be
   * resumed.
   */
  readonly folder?: string | FolderHold;
  /** Whether a run that the folder holds already may be replaced; false by default. */
  readonly overwrite?: boolean;
  /** Stops the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Whether a run that is complete keeps a checkpoint, and so its weights; true by default. */
  readonly keepCheckpoint?: boolean;
  /** Called when a run that is over has left all but its result in its folder. */
  readonly beforeResult?: () => Promise<void>;
}

/** How a run is resumed. */
export interface ResumeOptions extends Pick<RunOptions, "signal" | "keepCheckpoint" | "beforeResult"> {
  /** The run's workload where it is not a registered one. */
  readonly workload?: Workload;
  /** What the run trains with, where that is code and no optimizer's specification. */
  readonly method?: TrainingMethod;
  /** Choices that must agree with those the run was started with. */
  readonly expect?: Partial<TrainConfig>;
}

/**
 * Trains a workload with an optimizer: a stream of measurements that ends in a result. Its bits are a pure
 * function of the configuration, also when it is killed at any moment and resumed. Leaving the stream early
 * releases everything and saves nothing.
 *
 * ```ts
 * const run = train({ workload: "fashion-mnist", optimizer: parseOptimizerSpec("adam:lr=0.001"), epochs: 10 });
 * for await (const measurement of run) if (measurement.kind === "evaluation") report(measurement.validation.accuracy);
 * ```
 * @throws SteepestError for names, values and data that do not fit, before anything is written; `misuse`
 *   where the folder holds a run already or another process uses it; `non-finite` where training diverges,
 *   with the step and the norms of parameters and gradient; the last good checkpoint stays
 */
export async function* train(asked: TrainConfig & RunOptions): AsyncGenerator<Measurement, RunResult> {
  const workload = typeof asked.workload === "string" ? findWorkload(asked.workload) : asked.workload;
  const { optimizer } = asked;
  // Before the data are read, which takes a while.
  if (!isMethod(optimizer)) chooseOptimizer({ ...asked, optimizer });
  const loaded = yield* load(workload);
  const config = followRecipe(asked, workload, loaded);
  const configuration = resolveConfiguration(config, workload, loaded);
  const method = methodOf(configuration, optimizer);
  const { folder, overwrite = false } = asked;
  if (folder === undefined) return yield* run(configuration, loaded, method, asked);
  return yield* withFolderLocked(folder, (hold) =>
    run(configuration, loaded, method, {
      ...asked,
      hold,
      prepare: () => createRunFolder(hold, configuration, overwrite),
    }),
  );
}

/**
 * Continues the run of a folder from its last checkpoint, or from the start where it was killed before the
 * first. A run that is complete gives its result at once.
 * @throws SteepestError `invalid-value` where the folder holds no run or one with other choices than
 *   `expect`, `malformed-file` for damaged files, `state-mismatch` where the data are not those that the run
 *   was started with, `misuse` where another process uses the folder
 */
export async function* resumeRun(
  folder: string | FolderHold,
  options: ResumeOptions = {},
): AsyncGenerator<Measurement, RunResult> {
  const path = pathOf(folder);
  const status = await inspectRun(path);
  if (status.kind === "absent") throw noRun(path);
  // A complete run is only read.
  if (status.kind === "complete") return yield* recall(path, status, options);
  return yield* withFolderLocked(folder, (hold) => continueRun(hold, options));
}

const noRun = (folder: string): SteepestError =>
  new SteepestError(
    "invalid-value",
    `there is no run in ${JSON.stringify(folder)}`,
    "Give the folder that the run was started with; it holds a run.json",
  );

/** The result of a complete run, where it is the run that was asked for. */
async function* recall(
  folder: string,
  { configuration, result }: Extract<RunStatus, { kind: "complete" }>,
  options: ResumeOptions,
): AsyncGenerator<Measurement, RunResult> {
  if (Object.keys(options.expect ?? {}).length > 0) yield* openRun(folder, configuration, options);
  return result;
}

async function* continueRun(
  hold: FolderHold,
  options: ResumeOptions,
): AsyncGenerator<Measurement, RunResult> {
  const { folder } = hold;
  const status = await inspectRun(folder);
  if (status.kind === "absent") throw noRun(folder);
  if (status.kind === "complete") return yield* recall(folder, status, options);
  const { configuration, checkpoint } = status;
  const { loaded, optimizer } = yield* openRun(folder, configuration, options);
  if (checkpoint === undefined)
    yield {
      kind: "notice",
      message: `There is no checkpoint in ${JSON.stringify(folder)}: the run starts again from step 0`,
    };
  return yield* run(configuration, loaded, methodOf(configuration, optimizer), {
    ...options,
    ...{ hold, checkpoint },
  });
}

/** Loads what a run is trained on, and checks that it is the run that was asked for. */
async function* openRun(
  folder: string,
  configuration: RunConfiguration,
  options: ResumeOptions,
): AsyncGenerator<
  Measurement,
  { readonly loaded: LoadedWorkload; readonly optimizer: OptimizerSpec | TrainingMethod }
> {
  const workload = options.workload ?? findWorkload(configuration.workload);
  const loaded = yield* load(workload);
  const optimizer = trainerOf(folder, configuration, options);
  checkSameRun(folder, configuration, workload, loaded, { ...options.expect, optimizer });
  return { loaded, optimizer };
}

/**
 * What a run that is resumed trains with: what the caller says it is, else the specification that it was
 * started with.
 * @throws SteepestError `invalid-value` where it is code, which the caller must give again
 */
function trainerOf(
  folder: string,
  { optimizer, optimizerKind }: RunConfiguration,
  { method, expect = {} }: ResumeOptions,
): OptimizerSpec | TrainingMethod {
  const given = method ?? expect.optimizer;
  if (given !== undefined) return given;
  if (optimizerKind === "specification") return parseOptimizerSpec(optimizer);
  throw new SteepestError(
    "invalid-value",
    `the run in ${JSON.stringify(folder)} trains with ${optimizer}, which is code and not in its folder`,
    "Resume it from the program that it was started by: resumeRun(folder, { method })",
  );
}

/** What trains a run: the code that it was given, or the optimizer of its configuration. */
function methodOf(
  { optimizer, schedule, clip, decay }: RunConfiguration,
  given: OptimizerSpec | TrainingMethod,
): TrainingMethod {
  if (isMethod(given)) return given;
  return optimizerMethod(parseOptimizerSpec(optimizer), {
    ...(schedule === undefined ? {} : { schedule }),
    ...(clip === undefined ? {} : { clip }),
    ...(decay === undefined ? {} : { decay }),
  });
}

/** Loads a workload and passes on what it has to say. */
async function* load(workload: Workload): AsyncGenerator<Measurement, LoadedWorkload> {
  const messages: string[] = [];
  const loaded = await workload.load({ notify: (message) => messages.push(message) });
  for (const message of messages) yield { kind: "notice", message };
  return loaded;
}

async function* run(
  configuration: RunConfiguration,
  loaded: LoadedWorkload,
  method: TrainingMethod,
  options: Pick<RunOptions, "signal" | "keepCheckpoint" | "beforeResult"> & {
    readonly hold?: FolderHold;
    readonly checkpoint?: Checkpoint | undefined;
    readonly prepare?: () => Promise<void>;
  },
): AsyncGenerator<Measurement, RunResult> {
  const { hold, signal, checkpoint, keepCheckpoint, beforeResult } = options;
  const session = await openSession(configuration, loaded, method, checkpoint);
  try {
    const progress = checkpoint?.progress ?? beginning(session);
    await options.prepare?.();
    const store =
      hold === undefined
        ? undefined
        : await openRunStore(hold, {
            ...{ logs: progress.logs, metrics: loaded.metrics },
            ...(keepCheckpoint === undefined ? {} : { keepCheckpoint }),
            ...(beforeResult === undefined ? {} : { beforeResult }),
          });
    try {
      for (const message of session.method.notices ?? []) yield { kind: "notice", message };
      yield {
        kind: "start",
        step: progress.step,
        steps: configuration.steps,
        parameters: loaded.parameterCount,
        dataSource: loaded.source,
        optimizer: configuration.optimizer,
        metric: configuration.metric,
      };
      return yield* runLoop(session, progress, store, signal);
    } catch (error) {
      throw await explained(error, session, hold?.folder);
    } finally {
      await store?.close();
    }
  } finally {
    await session.release();
  }
}

/**
 * @throws SteepestError `invalid-value` that names every choice that differs, `state-mismatch` for other data
 */
function checkSameRun(
  folder: string,
  configuration: RunConfiguration,
  workload: Workload,
  loaded: LoadedWorkload,
  expect: Partial<TrainConfig> & Pick<TrainConfig, "optimizer">,
): void {
  const wanted = typeof expect.workload === "string" ? expect.workload : (expect.workload ?? workload).name;
  for (const name of [workload.name, wanted])
    if (name !== configuration.workload)
      throw mismatch(folder, [`workload ${configuration.workload}, not ${name}`]);
  if (loaded.procedural !== configuration.procedural)
    throw new SteepestError(
      "state-mismatch",
      `the run in ${JSON.stringify(folder)} was started on ${configuration.dataSource}, but the data found now are ${loaded.source}`,
      configuration.procedural
        ? "Train again into another folder to use the data found now"
        : "Make the data of the start available again, for example with STEEPEST_DATA=FOLDER",
    );
  const asked = resolveConfiguration({ ...choices(configuration, expect), ...expect }, workload, loaded);
  const before = new Map<string, unknown>(Object.entries(configuration));
  const now = new Map<string, unknown>(Object.entries(asked));
  const text = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
  const differences = [...new Set([...before.keys(), ...now.keys()])]
    // Where the data lie may change; what they are was checked above.
    .filter((key) => key !== "dataSource" && text(before.get(key)) !== text(now.get(key)))
    .map((key) => `${key} ${text(before.get(key))}, not ${text(now.get(key))}`);
  if (differences.length > 0) throw mismatch(folder, differences);
}

const mismatch = (folder: string, differences: readonly string[]) =>
  new SteepestError(
    "invalid-value",
    `the run in ${JSON.stringify(folder)} was started with ${differences.join("; ")}`,
    "Resume it without these options, or train into another folder",
  );

/**
 * The choices that lead to a configuration, the optimizer apart; one that `expect` makes in another form is
 * left to it.
 */
function choices(
  configuration: RunConfiguration,
  expect: Partial<TrainConfig>,
): Omit<TrainConfig, "optimizer"> {
  const { steps, optimizer: _, ...rest } = configuration;
  return { ...rest, ...(expect.epochs === undefined ? { steps } : {}) };
}
