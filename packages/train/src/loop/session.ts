import { createHash } from "node:crypto";
import {
  decodeSafetensors,
  elementCount,
  encodeSafetensors,
  type ParameterSpec,
  type SafetensorsTensor,
  SteepestError,
  unknownName,
} from "@steepest/optim";
import { type BoundWorkload, initialiseParameters, type LoadedWorkload } from "@steepest/workloads";
import type { RunConfiguration } from "../configuration/configuration.js";
import type { Checkpoint } from "../folder/checkpoint.js";
import { type ClockReading, createClock } from "./clock.js";
import { diverged } from "./divergence.js";
import type { TrainedMethod, TrainingMethod } from "./method.js";

/** Parameters, their gradients and the method's state, bound to the data that they are trained on. */
export interface Session {
  readonly configuration: RunConfiguration;
  readonly loaded: LoadedWorkload;
  readonly method: TrainedMethod;
  readonly bound: BoundWorkload;
  /** What it took to compile the network that gives the gradients: training time of a run that begins. */
  readonly compilation: ClockReading;
  /** Frees what is not garbage collected; nothing may run any more. */
  release(): Promise<void>;
}

/**
 * Builds what a configuration describes: freshly initialised, or in the state of a checkpoint.
 * @throws SteepestError for hyper-parameters out of range, and `state-mismatch` where the checkpoint has
 *   other parameters or state
 */
export async function openSession(
  configuration: RunConfiguration,
  loaded: LoadedWorkload,
  training: TrainingMethod,
  checkpoint?: Checkpoint,
): Promise<Session> {
  const { batchSize, seed, threads, steps, horizon = steps, warmUpSteps } = configuration;
  const { accumulate, checkpointing, dropout, labelSmoothing } = configuration;
  const { parameters, trainCount, exampleOperations } = loaded;
  const initial = (name: string) => initialValues(loaded, seed, name);
  const method = await training.create({
    ...{ parameters, batchSize, trainCount, steps: horizon, seed, threads, initial },
    ...(exampleOperations === undefined ? {} : { exampleOperations }),
  });
  try {
    const initialise = () => initialiseParameters(parameters, seed, (name) => method.parameter(name));
    initialise();
    const clock = createClock();
    clock.switchTo("training");
    const bound = await loaded.bind(
      {
        parameter: (name) => method.parameter(name),
        gradient: (name) => method.gradient(name),
        evaluation: (name) => method.evaluationParameter(name),
      },
      {
        ...{ batchSize, seed, threads },
        ...(accumulate === undefined ? {} : { accumulate }),
        ...(checkpointing === undefined ? {} : { checkpointing }),
        ...(dropout === undefined ? {} : { dropout }),
        ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
      },
    );
    clock.switchTo("idle");
    try {
      if (warmUpSteps !== undefined) {
        await warmUp(method, bound, { steps, warmUpSteps });
        initialise();
      }
      if (checkpoint !== undefined) restore(checkpoint, loaded, method);
    } catch (error) {
      await bound.release();
      throw error;
    }
    return {
      ...{ configuration, loaded, method, bound },
      compilation: warmUpSteps === undefined ? clock.read() : createClock().read(),
      async release() {
        await bound.release();
        await method.release();
      },
    };
  } catch (error) {
    await method.release();
    throw error;
  }
}

/**
 * Steps that leave nothing behind but compiled code and memory that is there: on mini-batches that the run
 * itself never sees, and with the method's state put back. The parameters are the caller's to put back.
 */
async function warmUp(
  method: TrainedMethod,
  bound: BoundWorkload,
  { steps, warmUpSteps }: { readonly steps: number; readonly warmUpSteps: number },
): Promise<void> {
  // The tensors of a saved state may be views of the memory that the steps change.
  const { tensors, metadata } = method.saveState();
  const before = decodeSafetensors(encodeSafetensors(tensors, metadata));
  for (let k = 1; k <= warmUpSteps; k++) await method.step(k, (batch) => bound.gradient(steps + batch));
  method.loadState(before);
}

/** A copy of a parameter's values before the first step. @throws SteepestError `unknown-name` */
function initialValues({ parameters }: LoadedWorkload, seed: number, name: string): Float32Array {
  const named = parameters.filter((each) => each.name === name);
  const [found] = named;
  if (found === undefined)
    throw unknownName(
      "parameter",
      name,
      parameters.map((each) => each.name),
    );
  const values = new Float32Array(elementCount(found.shape));
  initialiseParameters(named, seed, () => values);
  return values;
}

function restore(
  { parameters, optimizer: state }: Checkpoint,
  loaded: LoadedWorkload,
  method: TrainedMethod,
): void {
  const saved = loaded.parameters.map(
    (spec) => [spec.name, float32Tensor(spec, parameters.get(spec.name))] as const,
  );
  method.loadState(state);
  for (const [name, data] of saved) method.parameter(name).set(data);
}

/**
 * The data of a parameter as a checkpoint has it.
 * @throws SteepestError `state-mismatch` where it is absent, of another type or of another shape
 */
export function float32Tensor(
  { name, shape }: ParameterSpec,
  saved: SafetensorsTensor | undefined,
): Float32Array {
  if (saved?.dtype === "F32" && saved.shape.join() === shape.join()) return saved.data;
  throw new SteepestError(
    "state-mismatch",
    `parameter "${name}" is float32 [${shape.join(", ")}] in this workload but ${
      saved === undefined ? "absent" : `${saved.dtype} [${saved.shape.join(", ")}]`
    } in the checkpoint`,
    "Use the workload that the run was started with",
  );
}

/**
 * Does something with the weights to evaluate with: those of `bound.evaluate` and of `evaluationParameter`.
 * Training goes on from where it was.
 */
export async function inEvaluation<Result>(
  { method }: Session,
  prepared: () => void,
  action: () => Promise<Result>,
): Promise<Result> {
  await method.enterEvaluation();
  prepared();
  try {
    return await action();
  } finally {
    method.leaveEvaluation();
  }
}

/**
 * A copy of the weights to evaluate with, for a checkpoint; none where they are the parameters themselves.
 */
export async function evaluationTensors(session: Session): Promise<ReadonlyMap<string, SafetensorsTensor>> {
  const { loaded, method } = session;
  const own = loaded.parameters.some(
    ({ name }) => !sameMemory(method.evaluationParameter(name), method.parameter(name)),
  );
  if (!own) return new Map();
  return inEvaluation(
    session,
    () => {},
    async () =>
      new Map(
        loaded.parameters.map(({ name, shape }) => {
          const data = method.evaluationParameter(name).slice();
          return [name, { dtype: "F32" as const, shape, data }];
        }),
      ),
  );
}

const sameMemory = (a: Float32Array, b: Float32Array): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset;

/**
 * The parameters as they stand, for a checkpoint: views, not copies.
 * @throws SteepestError `non-finite` where one is not finite, so that a checkpoint never replaces a good one
 *   by a bad one
 */
export function parameterTensors(session: Session, step: number): ReadonlyMap<string, SafetensorsTensor> {
  checkParameters(session, step);
  const { loaded, method } = session;
  return new Map(
    loaded.parameters.map(({ name, shape }) => [name, { dtype: "F32", shape, data: method.parameter(name) }]),
  );
}

/** @throws SteepestError `non-finite` where a parameter is not finite after a step */
export function checkParameters({ loaded, method }: Session, step: number): void {
  for (const { name } of loaded.parameters) {
    const data = method.parameter(name);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw diverged(`element ${bad} of parameter "${name}" is ${data[bad]} after step ${step}`);
  }
}

/** SHA-256 of names and bytes of all parameters: equal exactly when all bits are. */
export function parametersHash({ loaded, method }: Session): string {
  const hash = createHash("sha256");
  for (const { name } of loaded.parameters) {
    const { buffer, byteOffset, byteLength } = method.parameter(name);
    hash.update(JSON.stringify(name)).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
