import { createHash } from "node:crypto";
import { type SafetensorsTensor, SteepestError } from "@steepest/optim";
import { type BoundWorkload, initialiseParameters, type LoadedWorkload } from "@steepest/workloads";
import type { RunConfiguration } from "../configuration/configuration.js";
import type { Checkpoint } from "../folder/checkpoint.js";
import { diverged, type TrainedOptimizer, trainedOptimizer } from "./trained.js";

type AnyOptimizer = TrainedOptimizer["optimizer"];

/** Parameters, their gradients and the optimizer's state, bound to the data that they are trained on. */
export interface Session {
  readonly configuration: RunConfiguration;
  readonly loaded: LoadedWorkload;
  readonly optimizer: AnyOptimizer;
  readonly bound: BoundWorkload;
  /**
   * Makes a step and gives the loss where it began. @throws SteepestError `non-finite` where that is not
   * finite
   */
  step(k: number): Promise<number>;
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
  checkpoint?: Checkpoint,
): Promise<Session> {
  const { batchSize, seed, threads } = configuration;
  const { optimizer, step, release } = trainedOptimizer(configuration, loaded.parameters);
  const parameter = (name: string) => float32(optimizer.parameter(name));
  const gradient = (name: string) => float32(optimizer.gradient(name));
  initialiseParameters(loaded.parameters, seed, parameter);
  if (checkpoint !== undefined) restore(checkpoint, loaded, optimizer);
  const evaluated = evaluationViews(optimizer);
  const evaluation = (name: string) => evaluated.get(name) ?? parameter(name);
  const bound = await loaded.bind({ parameter, gradient, evaluation }, { batchSize, seed, threads });
  const gradientOf = (k: number) => bound.gradient(k);
  return {
    ...{ configuration, loaded, optimizer, bound },
    step: (k) => step(k, gradientOf),
    async release() {
      await bound.release();
      await release();
    },
  };
}

/** Where the weights to evaluate with will be in evaluation mode: views that never move. */
function evaluationViews(optimizer: AnyOptimizer): ReadonlyMap<string, Float32Array> {
  optimizer.enterEvaluation();
  const views = new Map(
    optimizer.parameters.map(({ name }) => [name, float32(optimizer.evaluationParameter(name))]),
  );
  optimizer.leaveEvaluation();
  return views;
}

/** The optimizer's default backend keeps float32 arrays, which ONNX Runtime reads and fills in place. */
function float32(view: Float32Array | Float64Array): Float32Array {
  if (view instanceof Float32Array) return view;
  throw new TypeError("the optimizer of a training session must hold float32 arrays");
}

function restore(
  { parameters, optimizer: state }: Checkpoint,
  loaded: LoadedWorkload,
  optimizer: AnyOptimizer,
) {
  for (const { name, shape } of loaded.parameters) {
    const saved = parameters.get(name);
    if (saved?.dtype !== "F32" || saved.shape.join() !== shape.join())
      throw new SteepestError(
        "state-mismatch",
        `parameter "${name}" is float32 [${shape.join(", ")}] in this workload but ${
          saved === undefined ? "absent" : `${saved.dtype} [${saved.shape.join(", ")}]`
        } in the checkpoint`,
        "Resume with the workload that the run was started with",
      );
  }
  optimizer.loadState(state);
  for (const { name } of loaded.parameters) {
    const saved = parameters.get(name);
    if (saved?.dtype === "F32") float32(optimizer.parameter(name)).set(saved.data);
  }
}

/**
 * Does something with the weights to evaluate with: those of `bound.evaluate` and of `evaluationParameter`.
 * Training goes on from where it was.
 */
export async function inEvaluation<Result>(
  { optimizer }: Session,
  prepared: () => void,
  action: () => Promise<Result>,
): Promise<Result> {
  optimizer.enterEvaluation();
  prepared();
  try {
    return await action();
  } finally {
    optimizer.leaveEvaluation();
  }
}

/**
 * A copy of the weights to evaluate with, for a checkpoint; none where they are the parameters themselves.
 */
export function evaluationTensors({ loaded, optimizer }: Session): ReadonlyMap<string, SafetensorsTensor> {
  if (optimizer.arenaBytes.evaluation === 0) return new Map();
  optimizer.enterEvaluation();
  const tensors = new Map(
    loaded.parameters.map(({ name, shape }) => {
      const data = float32(optimizer.evaluationParameter(name)).slice();
      return [name, { dtype: "F32" as const, shape, data }];
    }),
  );
  optimizer.leaveEvaluation();
  return tensors;
}

/**
 * The parameters as they stand, for a checkpoint: views, not copies.
 * @throws SteepestError `non-finite` where one is not finite, so that a checkpoint never replaces a good one
 *   by a bad one
 */
export function parameterTensors(
  { loaded, optimizer }: Session,
  step: number,
): ReadonlyMap<string, SafetensorsTensor> {
  return new Map(
    loaded.parameters.map(({ name, shape }) => {
      const data = float32(optimizer.parameter(name));
      const bad = data.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0)
        throw diverged(`element ${bad} of parameter "${name}" is ${data[bad]} after step ${step}`);
      return [name, { dtype: "F32", shape, data }] as const;
    }),
  );
}

/** SHA-256 of names and bytes of all parameters: equal exactly when all bits are. */
export function parametersHash({ loaded, optimizer }: Session): string {
  const hash = createHash("sha256");
  for (const { name } of loaded.parameters) {
    const { buffer, byteOffset, byteLength } = float32(optimizer.parameter(name));
    hash.update(JSON.stringify(name)).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
